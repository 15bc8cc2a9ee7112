namespace Byok.Core.Errors;

/// <summary>The user was asked, and did not say yes.</summary>
public sealed class ConfirmationDeclinedException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ConfirmationDeclinedException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ConfirmationDeclinedException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
