namespace Byok.Core.Errors;

/// <summary>A failure that may pass by itself: throttling, time-outs, an agent that is offline. Activities that end with it are retried.</summary>
public class TransientByokException(string message, Exception? innerException = null) : ByokException(message, innerException);
