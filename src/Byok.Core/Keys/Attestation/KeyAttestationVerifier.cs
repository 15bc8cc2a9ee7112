using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;

namespace Byok.Core.Keys.Attestation;

/// <summary>
/// Verifies that a key is held by an HSM of a manufacturer whose roots are pinned, and cannot leave it. The format is the one that Microsoft publishes for Azure
/// Managed HSM (azure-managed-hsm-key-attestation). It proves the make of the HSM, not whose it is.
/// </summary>
/// <param name="roots">The pinned roots; see <see cref="AttestationRoots"/>.</param>
public sealed class KeyAttestationVerifier(IReadOnlyList<X509Certificate2> roots)
{
    private const ulong PublicKeyClass = 2;
    private const ulong PrivateKeyClass = 3;
    private const ulong RsaKeyType = 0;

    /// <summary>Verifies an attestation.</summary>
    /// <param name="attestation">What the service gave.</param>
    /// <param name="id">The key version that it has to be of.</param>
    /// <param name="key">The public key that it has to be of.</param>
    /// <param name="origin">Where the key has to come from.</param>
    /// <param name="at">When the certificates must be valid.</param>
    /// <exception cref="AttestationException">It is malformed, or does not prove the key.</exception>
    public AttestedKey Verify(KeyAttestation attestation, KeyIdentifier id, RsaPublicKey key, KeyOrigin origin, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(attestation);
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(key);
        try
        {
            Require(attestation.Version == KeyAttestation.MarvellVersion, $"its format is '{attestation.Version}', not '{KeyAttestation.MarvellVersion}'.");
            var partition = PartitionCertificates.Verify(attestation.Certificates, roots, at)
                .Find(candidate => AttestationSignature.IsBy(candidate.PublicKey, attestation.PrivateKeyStatement.Span));
            Require(partition is not null, "the statement about the private key is not signed by the partition's key.");
            var isBound = CheckPrivateKey(Read(attestation.PrivateKeyStatement), id, key, origin);
            if (attestation.PublicKeyStatement is { } statement)
            {
                Require(AttestationSignature.IsBy(partition!.PublicKey, statement.Span), "the statement about the public key is not signed by the partition's key.");
                isBound |= CheckPublicKey(Read(statement), id, key);
            }

            Require(isBound, "it tells no modulus, so it could be of any key.");
            return new AttestedKey(id, key.Thumbprint, partition!.ManufacturerRoot, partition.OwnerRoot);
        }
        catch (Exception exception) when (exception is AttestationException or CryptographicException)
        {
            var fault = exception is AttestationException ? exception.Message : "its cryptography is malformed.";
            throw new AttestationException($"The attestation of {id} does not prove the key: {fault}", exception);
        }
    }

    private static AttestedAttributes Read(ReadOnlyMemory<byte> statement) => AttestedAttributes.Parse(statement[..^AttestationSignature.SizeInBytes]);

    private static bool CheckPrivateKey(AttestedAttributes attributes, KeyIdentifier id, RsaPublicKey key, KeyOrigin origin)
    {
        Require(attributes.Number(AttestedAttribute.Class) == PrivateKeyClass, "it is not of a private key.");
        var isBound = CheckIdentity(attributes, id, key);
        Require(attributes.Flag(AttestedAttribute.Sensitive), "the private key is not sensitive.");
        Require(!attributes.Flag(AttestedAttribute.Extractable), "the private key is extractable.");
        if (origin == KeyOrigin.Generated)
        {
            Require(attributes.Flag(AttestedAttribute.Local), "the key was not made in the HSM.");
            Require(attributes.Flag(AttestedAttribute.NeverExtractable), "the key was extractable before.");
        }

        return isBound;
    }

    private static bool CheckPublicKey(AttestedAttributes attributes, KeyIdentifier id, RsaPublicKey key)
    {
        Require(attributes.Number(AttestedAttribute.Class) == PublicKeyClass, "its second statement is not of a public key.");
        return CheckIdentity(attributes, id, key);
    }

    /// <summary>Whether the attributes tell the modulus; what they tell must be the key's.</summary>
    private static bool CheckIdentity(AttestedAttributes attributes, KeyIdentifier id, RsaPublicKey key)
    {
        Require(attributes.Number(AttestedAttribute.KeyType) == RsaKeyType, "it is not of an RSA key.");

        // The vault's key names know no case.
        var isNamed = attributes.Text(AttestedAttribute.Id).Split('/') is [.., var name, var version]
            && name.Equals(id.Name, StringComparison.OrdinalIgnoreCase) && version == id.Version;
        Require(isNamed, "it names another key.");
        var expected = key.ToParameters();
        Require(
            !attributes.TryGetInteger(AttestedAttribute.PublicExponent, out var exponent) || exponent.SequenceEqual(expected.Exponent),
            "its public exponent is another key's.");
        var hasModulus = attributes.TryGetInteger(AttestedAttribute.Modulus, out var modulus);
        Require(!hasModulus || modulus.SequenceEqual(expected.Modulus), "its modulus is another key's.");
        return hasModulus;
    }

    private static void Require(bool condition, string fault)
    {
        if (!condition)
        {
            throw new AttestationException(fault);
        }
    }
}
