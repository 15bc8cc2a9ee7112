namespace Byok.Core.Errors;

/// <summary>A key's attestation is malformed, or does not prove what it has to.</summary>
public sealed class AttestationException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public AttestationException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public AttestationException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
