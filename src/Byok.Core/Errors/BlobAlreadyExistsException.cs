namespace Byok.Core.Errors;

/// <summary>A blob of that name is already there, and overwriting was not asked for.</summary>
public sealed class BlobAlreadyExistsException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
