namespace Byok.Core.Errors;

/// <summary>The blob is not in envelope format at all, or a field of it cannot be parsed.</summary>
public sealed class MalformedEnvelopeException : EnvelopeException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public MalformedEnvelopeException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public MalformedEnvelopeException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
