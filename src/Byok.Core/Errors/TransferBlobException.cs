namespace Byok.Core.Errors;

/// <summary>A BYOK transfer blob (.byok) is not in the form that Key Vault documents.</summary>
public sealed class TransferBlobException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
