namespace Byok.Core.Errors;

/// <summary>The vault holds no key, key version or deleted key of that name.</summary>
public sealed class KeyNotFoundInVaultException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
