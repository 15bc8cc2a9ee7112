namespace Byok.Core.Errors;

/// <summary>A failure that this product has no type for. The message holds the original type's name and text.</summary>
public sealed class UnexpectedFailureException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public UnexpectedFailureException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public UnexpectedFailureException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
