namespace Byok.Core.Errors;

/// <summary>The vault refused an operation for a reason that has no type of its own.</summary>
public sealed class VaultException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
