namespace Byok.Core.Errors;

/// <summary>A failure that may pass by itself: throttling, time-outs, an agent that is offline. Activities that end with it are retried.</summary>
public class TransientByokException : ByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public TransientByokException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public TransientByokException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
