namespace Byok.Core.Errors;

/// <summary>The named blob does not exist.</summary>
public sealed class BlobNotFoundException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public BlobNotFoundException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public BlobNotFoundException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
