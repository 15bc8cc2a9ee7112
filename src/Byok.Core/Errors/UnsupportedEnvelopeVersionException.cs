namespace Byok.Core.Errors;

/// <summary>The blob was written in an envelope version that this build does not read.</summary>
public sealed class UnsupportedEnvelopeVersionException : EnvelopeException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public UnsupportedEnvelopeVersionException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public UnsupportedEnvelopeVersionException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
