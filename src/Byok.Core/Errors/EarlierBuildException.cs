namespace Byok.Core.Errors;

/// <summary>The blob was made by a build from before the first release, whose form nothing reads any more.</summary>
public sealed class EarlierBuildException : EnvelopeException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public EarlierBuildException(string message) : base(message)
    {
    }
}
