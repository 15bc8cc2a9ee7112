namespace Byok.Core.Errors;

/// <summary>The blob was written in an envelope version that this build does not read.</summary>
public sealed class UnsupportedEnvelopeVersionException(string message, Exception? innerException = null) : EnvelopeException(message, innerException);
