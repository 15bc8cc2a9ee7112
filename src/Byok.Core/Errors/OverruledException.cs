namespace Byok.Core.Errors;

/// <summary>A newer order on the same key holds instead of this one: it was restored while it was revoked, or revoked while it was restored.</summary>
public sealed class OverruledException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
