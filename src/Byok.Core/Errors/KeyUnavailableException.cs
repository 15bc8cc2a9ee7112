namespace Byok.Core.Errors;

/// <summary>The wrapping key cannot be used: revoked, disabled, deleted or missing. Nothing is lost; restoring the key brings the data back.</summary>
public sealed class KeyUnavailableException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public KeyUnavailableException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public KeyUnavailableException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
