namespace Byok.Core.Keys.Attestation;

/// <summary>
/// What a Managed HSM gives to prove a key (Azure Key Vault REST reference, "Get Key Attestation"). Nothing of it is believed before
/// <see cref="KeyAttestationVerifier"/> has verified it.
/// </summary>
public sealed record KeyAttestation
{
    /// <summary>The only format that is known: Marvell's, as Azure names it.</summary>
    public const string MarvellVersion = "MRVL-1";

    /// <summary>The format, for example <c>MRVL-1</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The certificates, PEM, in no order: the manufacturer's chain and the owner's, both to the partition that holds the key.</summary>
    public required string Certificates { get; init; }

    /// <summary>The signed statement about the private key.</summary>
    public required ReadOnlyMemory<byte> PrivateKeyStatement { get; init; }

    /// <summary>The signed statement about the public key; null when the service gives none.</summary>
    public ReadOnlyMemory<byte>? PublicKeyStatement { get; init; }
}
