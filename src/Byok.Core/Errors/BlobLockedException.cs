namespace Byok.Core.Errors;

/// <summary>The blob's state does not allow the operation: archived, leased, or held by an immutability policy.</summary>
public sealed class BlobLockedException(string message, Exception? innerException = null) : ConflictException(message, innerException);
