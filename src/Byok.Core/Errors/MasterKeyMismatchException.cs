namespace Byok.Core.Errors;

/// <summary>The HSM holds another master key under the label than the one that is expected.</summary>
public sealed class MasterKeyMismatchException(string message, Exception? innerException = null) : ConflictException(message, innerException);
