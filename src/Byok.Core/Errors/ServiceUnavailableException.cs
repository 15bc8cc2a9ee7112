namespace Byok.Core.Errors;

/// <summary>A service (vault, storage, relay, agent) did not answer, or answered that it is busy.</summary>
public sealed class ServiceUnavailableException(string message, Exception? innerException = null) : TransientByokException(message, innerException);
