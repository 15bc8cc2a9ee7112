using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;

namespace Byok.Testing.Core.Attestation;

/// <summary>Whole attestations, in the form in which Managed HSM gives them.</summary>
public static class TestAttestation
{
    public static KeyAttestation Of(
        KeyIdentifier id, RsaPublicKey key, bool isGenerated = false, Firmware firmware = Firmware.Newer, TestPartition? partition = null) => new()
        {
            Version = KeyAttestation.MarvellVersion,
            Certificates = (partition ?? new TestPartition()).Bundle,
            PrivateKeyStatement = TestStatement.OfPrivateKey(id, key, isGenerated, firmware).ToBytes(),
            PublicKeyStatement = TestStatement.OfPublicKey(id, key, firmware).ToBytes(),
        };
}
