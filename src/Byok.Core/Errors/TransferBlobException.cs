namespace Byok.Core.Errors;

/// <summary>A BYOK transfer blob (.byok) is not in the form that Key Vault documents.</summary>
public sealed class TransferBlobException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public TransferBlobException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public TransferBlobException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
