namespace Byok.Core.Errors;

/// <summary>A service (vault, storage, relay, agent) did not answer, or answered that it is busy.</summary>
public sealed class ServiceUnavailableException : TransientByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ServiceUnavailableException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ServiceUnavailableException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
