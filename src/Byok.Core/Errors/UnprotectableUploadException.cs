namespace Byok.Core.Errors;

/// <summary>The data cannot become a protected blob as it is: its name, length, metadata or headers do not fit one.</summary>
public sealed class UnprotectableUploadException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public UnprotectableUploadException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public UnprotectableUploadException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
