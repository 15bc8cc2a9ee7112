using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Testing.Core.Attestation;

namespace Byok.Core.Tests.Attestation;

/// <summary>A key, its attestation, and the verifier that looks at it.</summary>
internal static class AttestedKeyCase
{
    private static readonly Lazy<RsaPublicKey> LazyKey = new(NewKey);

    public static KeyIdentifier Id { get; } = new(new Uri("https://contoso.managedhsm.azure.net"), "payroll", "0123456789abcdef0123456789abcdef");

    public static RsaPublicKey Key => LazyKey.Value;

    public static DateTimeOffset Now { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static RsaPublicKey NewKey()
    {
        using var rsa = RSA.Create(2048);
        return RsaPublicKey.FromParameters(rsa.ExportParameters(false));
    }

    public static TestStatement PrivateKey(Firmware firmware = Firmware.Newer, bool isGenerated = false) => TestStatement.OfPrivateKey(Id, Key, isGenerated, firmware);

    public static TestStatement PublicKey(Firmware firmware = Firmware.Newer) => TestStatement.OfPublicKey(Id, Key, firmware);

    public static KeyAttestation Attest(TestStatement privateKey, TestStatement? publicKey = null, TestPartition? partition = null) => new()
    {
        Version = "MRVL-1",
        Certificates = (partition ?? new TestPartition()).Bundle,
        PrivateKeyStatement = privateKey.ToBytes(),
        PublicKeyStatement = publicKey is null ? default(ReadOnlyMemory<byte>?) : publicKey.ToBytes(),
    };

    public static AttestedKey Verify(
        KeyAttestation attestation, KeyOrigin origin = KeyOrigin.Imported, DateTimeOffset? at = null, X509Certificate2[]? roots = null, KeyIdentifier? id = null, RsaPublicKey? key = null) =>
        new KeyAttestationVerifier(roots ?? [new TestPartition().Root]).Verify(attestation, id ?? Id, key ?? Key, origin, at ?? Now);

    public static void AssertRefused(string because, Func<AttestedKey> verify)
    {
        var failure = Assert.Throws<AttestationException>(verify);
        Assert.Contains(because, failure.Message, StringComparison.Ordinal);
        Assert.Contains(Id.ToString(), failure.Message, StringComparison.Ordinal);
    }
}
