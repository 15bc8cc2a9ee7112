namespace Byok.Core.Errors;

/// <summary>The blob's state does not allow the operation: archived, leased, or held by an immutability policy.</summary>
public sealed class BlobLockedException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public BlobLockedException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public BlobLockedException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
