namespace Byok.Core.Errors;

/// <summary>The wrapping key cannot be used: revoked, disabled, deleted or missing. Nothing is lost; restoring the key brings the data back.</summary>
public sealed class KeyUnavailableException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
