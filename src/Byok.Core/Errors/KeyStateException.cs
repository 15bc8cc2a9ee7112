namespace Byok.Core.Errors;

/// <summary>The key's state does not allow the operation. Nothing was changed.</summary>
public sealed class KeyStateException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public KeyStateException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public KeyStateException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
