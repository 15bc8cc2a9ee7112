namespace Byok.Core.Errors;

/// <summary>A blob of that name is already there, and overwriting was not asked for.</summary>
public sealed class BlobAlreadyExistsException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public BlobAlreadyExistsException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public BlobAlreadyExistsException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
