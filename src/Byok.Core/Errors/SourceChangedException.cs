namespace Byok.Core.Errors;

/// <summary>The source blob was overwritten or deleted while it was being encrypted. It is encrypted anew, never mixed.</summary>
public sealed class SourceChangedException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
