namespace Byok.Core.Errors;

/// <summary>The HSM holds another master key under the label than the one that is expected.</summary>
public sealed class MasterKeyMismatchException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public MasterKeyMismatchException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public MasterKeyMismatchException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
