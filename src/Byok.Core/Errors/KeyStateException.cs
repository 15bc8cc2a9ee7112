namespace Byok.Core.Errors;

/// <summary>The key's state does not allow the operation. Nothing was changed.</summary>
public sealed class KeyStateException(string message, Exception? innerException = null) : ConflictException(message, innerException);
