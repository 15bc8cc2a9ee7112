namespace Byok.Core.Errors;

/// <summary>The vault holds no key, key version or deleted key of that name.</summary>
public sealed class KeyNotFoundInVaultException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public KeyNotFoundInVaultException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public KeyNotFoundInVaultException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
