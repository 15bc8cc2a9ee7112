namespace Byok.Core.Errors;

/// <summary>The vault refused an operation for a reason that has no type of its own.</summary>
public sealed class VaultException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public VaultException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public VaultException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
