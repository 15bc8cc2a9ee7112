namespace Byok.Core.Errors;

/// <summary>Somebody else wrote the object between our read and our conditional write.</summary>
public sealed class ConcurrentWriteException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
