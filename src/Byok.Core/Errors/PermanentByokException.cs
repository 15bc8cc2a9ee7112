namespace Byok.Core.Errors;

/// <summary>A failure that the same call will meet again. Activities that end with it are not retried.</summary>
public class PermanentByokException : ByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public PermanentByokException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public PermanentByokException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
