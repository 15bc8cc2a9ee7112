namespace Byok.Core.Errors;

/// <summary>The blob is a whole envelope, but not the one that the ledger knows under its name: somebody put another or an older one in its place.</summary>
public sealed class ForeignBlobException : EnvelopeException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ForeignBlobException(string message) : base(message)
    {
    }
}
