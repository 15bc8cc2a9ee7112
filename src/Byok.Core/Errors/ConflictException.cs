namespace Byok.Core.Errors;

/// <summary>The operation does not fit what is there. Most have a leaf that says what; the command line ends with exit code 1, the API answers 409.</summary>
public class ConflictException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ConflictException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ConflictException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
