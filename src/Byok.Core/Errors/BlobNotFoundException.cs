namespace Byok.Core.Errors;

/// <summary>The named blob does not exist.</summary>
public sealed class BlobNotFoundException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
