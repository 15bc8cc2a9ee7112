namespace Byok.Core.Errors;

/// <summary>A key's attestation is malformed, or does not prove what it has to.</summary>
public sealed class AttestationException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
