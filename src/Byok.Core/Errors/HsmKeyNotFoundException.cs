namespace Byok.Core.Errors;

/// <summary>The token holds no key of that label.</summary>
public sealed class HsmKeyNotFoundException : HsmException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public HsmKeyNotFoundException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public HsmKeyNotFoundException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
