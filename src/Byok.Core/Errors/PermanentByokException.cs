namespace Byok.Core.Errors;

/// <summary>A failure that the same call will meet again. Activities that end with it are not retried.</summary>
public class PermanentByokException(string message, Exception? innerException = null) : ByokException(message, innerException);
