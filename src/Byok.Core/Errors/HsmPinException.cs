namespace Byok.Core.Errors;

/// <summary>The token refused the PIN, or the PIN is locked. It is tried once, never in a loop.</summary>
public sealed class HsmPinException : HsmException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public HsmPinException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public HsmPinException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
