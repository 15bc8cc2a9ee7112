namespace Byok.Core.Errors;

/// <summary>The blob is not in envelope format at all, or a field of it cannot be parsed.</summary>
public sealed class MalformedEnvelopeException(string message, Exception? innerException = null) : EnvelopeException(message, innerException);
