namespace Byok.Core.Errors;

/// <summary>The blob was made by a build from before the first release, whose form nothing reads any more.</summary>
public sealed class EarlierBuildException(string message, Exception? innerException = null) : EnvelopeException(message, innerException);
