namespace Byok.Core.Errors;

/// <summary>The blob is a whole envelope, but not the one that the ledger knows under its name: somebody put another or an older one in its place.</summary>
public sealed class ForeignBlobException(string message, Exception? innerException = null) : EnvelopeException(message, innerException);
