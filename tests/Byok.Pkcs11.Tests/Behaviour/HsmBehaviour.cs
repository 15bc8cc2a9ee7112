using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Core.Transfer;
using Byok.Local.Vault.Token;
using Byok.Pkcs11.Tokens;
using Microsoft.Extensions.Time.Testing;
using Net.Pkcs11Interop.Common;

namespace Byok.Pkcs11.Tests.Behaviour;

/// <summary>What every token must do: the same suite over each of them.</summary>
public abstract class HsmBehaviour(Pkcs11Token token, Pkcs11Token vaultToken)
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    protected Pkcs11Hsm Hsm => new(token, new Pkcs11HsmOptions(), _time);

    private VaultToken Vault { get; } = new(vaultToken, $"vault-{Guid.NewGuid():N}");

    [Fact]
    public async Task DescribeAsync_Token_PassesSelfTest()
    {
        var description = await Hsm.DescribeAsync(default);

        Assert.True(description.CanExport, description.Verdict);
        Assert.StartsWith("Passed: mechanism 0x210", description.Verdict, StringComparison.Ordinal);
        Assert.Equal(token.Description.Label, description.TokenLabel);
        Assert.NotEmpty(description.Manufacturer);
    }

    [Theory]
    [InlineData(2048, 2048)]
    [InlineData(3072, 2048)]
    [InlineData(4096, 2048)]
    [InlineData(2048, 3072)]
    [InlineData(3072, 4096)]
    public async Task ExportMasterKeyAsync_AnySizes_OpensWithStandardCryptography(int masterSize, int kekSize)
    {
        var hsm = Hsm;
        var master = await hsm.GenerateMasterKeyAsync(NewLabel(), masterSize, default);
        using var kek = RSA.Create(kekSize);

        var exported = await hsm.ExportMasterKeyAsync(Request(master.Label, PublicOf(kek)), default);

        Assert.Equal(master.PublicKey, exported.PublicKey);
        using var opened = Open(exported.TransferBlob, kek);
        Assert.Equal(master.PublicKey, PublicOf(opened));
        Assert.True(master is { Sensitive: true, Extractable: true });
        Assert.StartsWith("ByokFunctions ", TransferBlob.Parse(exported.TransferBlob).Generator, StringComparison.Ordinal);
        Assert.DoesNotContain(TransferBlobLinter.Lint(exported.TransferBlob), finding => finding.Severity == TransferBlobSeverity.Error);
    }

    [Theory]
    [InlineData(2048, 4096)]
    [InlineData(4096, 2048)]
    public async Task ImportKeyAsync_ExportedToTheVaultsKek_UnwrapsThere(int masterSize, int kekSize)
    {
        var hsm = Hsm;
        var master = await hsm.GenerateMasterKeyAsync(NewLabel(), masterSize, default);
        var kekId = RandomNumberGenerator.GetBytes(16);
        var kek = await Vault.GenerateKeyExchangeKeyAsync(kekId, kekSize, default);
        var exported = await hsm.ExportMasterKeyAsync(Request(master.Label, kek), default);
        var id = RandomNumberGenerator.GetBytes(16);

        var imported = await Vault.ImportKeyAsync(kekId, CiphertextOf(exported.TransferBlob), id, default);

        Assert.Equal(master.PublicKey, imported);
        var dek = RandomNumberGenerator.GetBytes(32);
        using var rsa = RSA.Create(imported.ToParameters());
        Assert.Equal(dek, await Vault.DecryptOaepSha256Async(id, rsa.Encrypt(dek, RSAEncryptionPadding.OaepSHA256), default));
        await Vault.DestroyAsync(id, default);
        await Assert.ThrowsAsync<HsmKeyNotFoundException>(() => Vault.DecryptOaepSha256Async(id, new byte[masterSize / 8], default));
    }

    [Fact]
    public async Task GenerateMasterKeyAsync_Twice_GivesTheSameKey()
    {
        var hsm = Hsm;
        var label = NewLabel();
        var keys = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hsm.GenerateMasterKeyAsync(label, 2048, default)));

        Assert.Single(keys.Distinct());
        Assert.Single(await hsm.ListMasterKeysAsync(default), key => key.Label == label);
        await Assert.ThrowsAsync<NameTakenException>(() => hsm.GenerateMasterKeyAsync(label, 3072, default));
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2049)]
    [InlineData(8192)]
    public async Task GenerateMasterKeyAsync_OtherSize_IsMisuse(int size) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Hsm.GenerateMasterKeyAsync(NewLabel(), size, default));

    [Fact]
    public async Task ExportMasterKeyAsync_UnknownLabel_SaysSo()
    {
        using var kek = RSA.Create(2048);
        var failure = await Assert.ThrowsAsync<HsmKeyNotFoundException>(() => Hsm.ExportMasterKeyAsync(Request("no-such-key", PublicOf(kek)), default));
        Assert.Contains("no-such-key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExportMasterKeyAsync_UnextractableKey_SaysSo()
    {
        var label = NewLabel();
        await token.RunAsync(
            session => session.GenerateKeyPair(
                Mechanism.Plain(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN),
                RsaTemplates.PublicKey(2048, persistent: true, label, [1]),
                RsaTemplates.VaultKey(label, [1]),
                "Test"),
            default);
        using var kek = RSA.Create(2048);

        await Assert.ThrowsAsync<HsmKeyNotExtractableException>(() => Hsm.ExportMasterKeyAsync(Request(label, PublicOf(kek)), default));
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(1536)]
    [InlineData(2056)]
    public async Task ExportMasterKeyAsync_KekOfOtherSize_IsRejected(int size)
    {
        using var kek = RSA.Create(size);
        await Assert.ThrowsAsync<HsmKekRejectedException>(() => Hsm.ExportMasterKeyAsync(Request("any", PublicOf(kek)), default));
    }

    [Theory]
    [InlineData("01")]
    [InlineData("03")]
    [InlineData("010000")]
    public async Task ExportMasterKeyAsync_KekWithUnsoundExponent_IsRejected(string exponent)
    {
        using var kek = RSA.Create(2048);
        var unsound = RsaPublicKey.FromBytes(kek.ExportParameters(false).Modulus, Convert.FromHexString(exponent));
        await Assert.ThrowsAsync<HsmKekRejectedException>(() => Hsm.ExportMasterKeyAsync(Request("any", unsound), default));
    }

    [Fact]
    public async Task ExportMasterKeyAsync_KekWithEvenModulus_IsRejected()
    {
        using var kek = RSA.Create(2048);
        var modulus = kek.ExportParameters(false).Modulus!;
        modulus[^1] &= 0xFE;
        await Assert.ThrowsAsync<HsmKekRejectedException>(() => Hsm.ExportMasterKeyAsync(Request("any", RsaPublicKey.FromBytes(modulus, [1, 0, 1])), default));
    }

    [Theory]
    [InlineData]
    [InlineData("import", "unwrapKey")]
    [InlineData("unwrapKey")]
    public async Task ExportMasterKeyAsync_KekThatDoesMoreThanImport_IsRefused(params string[] operations)
    {
        using var kek = RSA.Create(2048);
        await Assert.ThrowsAsync<ExportRefusedException>(
            () => Hsm.ExportMasterKeyAsync(Request("any", PublicOf(kek)) with { KekOperations = operations }, default));
    }

    [Fact]
    public async Task ExportMasterKeyAsync_ExpiredRequest_IsRefused()
    {
        using var kek = RSA.Create(2048);
        var request = Request("any", PublicOf(kek)) with { ExpiresOn = _time.GetUtcNow().AddSeconds(-1) };
        await Assert.ThrowsAsync<ExportRefusedException>(() => Hsm.ExportMasterKeyAsync(request, default));
    }

    [Fact]
    public async Task ExportMasterKeyAsync_RepeatedRequest_GetsTheFirstAnswer()
    {
        var hsm = Hsm;
        var master = await hsm.GenerateMasterKeyAsync(NewLabel(), 2048, default);
        using var kek = RSA.Create(2048);
        using var otherKek = RSA.Create(2048);
        var request = Request(master.Label, PublicOf(kek));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hsm.ExportMasterKeyAsync(request, default)));
        var other = await hsm.ExportMasterKeyAsync(request with { RequestId = "another" }, default);

        Assert.All(answers, answer => Assert.Equal(answers[0].TransferBlob, answer.TransferBlob));
        Assert.NotEqual(answers[0].TransferBlob, other.TransferBlob);
        await Assert.ThrowsAsync<ExportRefusedException>(() => hsm.ExportMasterKeyAsync(request with { Kek = PublicOf(otherKek) }, default));
    }

    [Fact]
    public async Task ExportMasterKeyAsync_ManyThreads_AllOpenAndNoSessionLeaks()
    {
        var hsm = Hsm;
        var master = await hsm.GenerateMasterKeyAsync(NewLabel(), 2048, default);
        using var kek = RSA.Create(2048);

        var exports = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => hsm.ExportMasterKeyAsync(Request(master.Label, PublicOf(kek)), default)));

        Assert.All(exports, exported =>
        {
            using var opened = Open(exported.TransferBlob, kek);
            Assert.Equal(master.PublicKey, PublicOf(opened));
        });
        Assert.Equal(0, token.RentedSessions);
        Assert.InRange(token.OpenSessions, 2, Pkcs11Token.MaxSessions + 1);
    }

    [Fact]
    public async Task RunAsync_WorkThatFails_GivesItsSessionBack()
    {
        _ = await Hsm.ListMasterKeysAsync(default);
        for (var i = 0; i < 2 * Pkcs11Token.MaxSessions; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => token.RunAsync<int>(_ => throw new InvalidOperationException(), default));
        }

        Assert.Equal(0, token.RentedSessions);
        Assert.InRange(token.OpenSessions, 2, Pkcs11Token.MaxSessions + 1);
    }

    [Theory]
    [InlineData(true, "SHA256")]
    [InlineData(true, "SHA384")]
    [InlineData(true, "SHA512")]
    [InlineData(false, "SHA256")]
    [InlineData(false, "SHA384")]
    [InlineData(false, "SHA512")]
    public async Task SignAsync_AnyScheme_VerifiesOutside(bool pss, string hashName)
    {
        var hash = new HashAlgorithmName(hashName);
        var padding = pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var id = RandomNumberGenerator.GetBytes(16);
        using var rsa = RSA.Create((await Vault.GenerateKeyAsync(id, 2048, default)).ToParameters());
        var digest = CryptographicOperations.HashData(hash, "message"u8);

        var signature = await Vault.SignAsync(id, hash, padding, digest, default);

        Assert.True(rsa.VerifyHash(digest, signature, hash, padding));
    }

    [Fact]
    public async Task ImportKeyAsync_AlteredAnywhere_IsRefusedAndLeavesNothing()
    {
        var hsm = Hsm;
        var master = await hsm.GenerateMasterKeyAsync(NewLabel(), 2048, default);
        var kekId = RandomNumberGenerator.GetBytes(16);
        var kek = await Vault.GenerateKeyExchangeKeyAsync(kekId, 2048, default);
        var ciphertext = CiphertextOf((await hsm.ExportMasterKeyAsync(Request(master.Label, kek), default)).TransferBlob);

        // Both parts at their borders and throughout; one changed byte of either changes all of it.
        var places = Enumerable.Range(0, ciphertext.Length).Where(i => i % 24 == 0 || i is 1 or 255 or 256 or 257 || i == ciphertext.Length - 1);
        foreach (var place in places)
        {
            var altered = ciphertext.ToArray();
            altered[place] ^= 0x40;
            await Assert.ThrowsAsync<TransferBlobException>(() => Vault.ImportKeyAsync(kekId, altered, RandomNumberGenerator.GetBytes(16), default));
        }

        foreach (var length in new[] { 0, 1, 255, 256, 264, 271, 272, 280, ciphertext.Length - 8, ciphertext.Length - 1 })
        {
            await Assert.ThrowsAsync<TransferBlobException>(() => Vault.ImportKeyAsync(kekId, ciphertext[..length], RandomNumberGenerator.GetBytes(16), default));
        }

        await Assert.ThrowsAsync<TransferBlobException>(() => Vault.ImportKeyAsync(kekId, [.. ciphertext, .. new byte[8]], RandomNumberGenerator.GetBytes(16), default));
        Assert.Equal([Convert.ToHexStringLower(kekId)], await Vault.ListIdsAsync(default));
    }

    [Fact]
    public async Task ImportKeyAsync_MadeInSoftware_IsAccepted()
    {
        var kekId = RandomNumberGenerator.GetBytes(16);
        var kek = await Vault.GenerateKeyExchangeKeyAsync(kekId, 2048, default);
        for (var i = 0; i < 4; i++)
        {
            using var key = RSA.Create(2048);
            var privateKeyInfo = key.ExportPkcs8PrivateKey();

            Assert.Equal(PublicOf(key), await ImportAsync(kekId, kek, privateKeyInfo));
            Assert.Equal(PublicOf(key), await ImportAsync(kekId, kek, [.. privateKeyInfo, .. new byte[7]]));
        }
    }

    [Fact]
    public async Task ImportKeyAsync_NoRsaKeyOfTheRightSize_IsRefused()
    {
        var kekId = RandomNumberGenerator.GetBytes(16);
        var kek = await Vault.GenerateKeyExchangeKeyAsync(kekId, 2048, default);
        using var small = RSA.Create(1024);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[][] contents = [small.ExportPkcs8PrivateKey(), curve.ExportPkcs8PrivateKey(), RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(1216)];

        foreach (var content in contents)
        {
            await Assert.ThrowsAsync<TransferBlobException>(() => ImportAsync(kekId, kek, content));
        }

        Assert.Equal([Convert.ToHexStringLower(kekId)], await Vault.ListIdsAsync(default));
    }

    [Fact]
    public async Task ImportKeyAsync_OtherKek_IsRefused()
    {
        var kekId = RandomNumberGenerator.GetBytes(16);
        var otherId = RandomNumberGenerator.GetBytes(16);
        var kek = await Vault.GenerateKeyExchangeKeyAsync(kekId, 2048, default);
        _ = await Vault.GenerateKeyExchangeKeyAsync(otherId, 2048, default);
        using var key = RSA.Create(2048);

        await Assert.ThrowsAsync<TransferBlobException>(
            () => Vault.ImportKeyAsync(otherId, SoftwareTransfer.Wrap(kek, key.ExportPkcs8PrivateKey()), RandomNumberGenerator.GetBytes(16), default));
    }

    [Fact]
    public async Task DecryptOaepSha256Async_AlteredOrForeignCiphertext_IsIntegrityFailure()
    {
        var id = RandomNumberGenerator.GetBytes(16);
        var publicKey = await Vault.GenerateKeyAsync(id, 2048, default);
        using var rsa = RSA.Create(publicKey.ToParameters());
        using var other = RSA.Create(2048);
        var wrapped = rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256);
        List<byte[]> bad =
        [
            [], new byte[1], new byte[256], wrapped[1..], [.. wrapped, 0], [.. Enumerable.Repeat((byte)0xFF, 256)],
            other.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256),
            rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA1),
            rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA512),
        ];
        for (var i = 0; i < wrapped.Length; i += 5)
        {
            var altered = wrapped.ToArray();
            altered[i] ^= 1;
            bad.Add(altered);
        }

        foreach (var ciphertext in bad)
        {
            await Assert.ThrowsAsync<IntegrityException>(() => Vault.DecryptOaepSha256Async(id, ciphertext, default));
        }
    }

    [Fact]
    public async Task DecryptOaepSha256Async_ManyThreads_AllRight()
    {
        var id = RandomNumberGenerator.GetBytes(16);
        using var rsa = RSA.Create((await Vault.GenerateKeyAsync(id, 2048, default)).ToParameters());
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var message = RandomNumberGenerator.GetBytes(i % 191);
            Assert.Equal(message, await Vault.DecryptOaepSha256Async(id, rsa.Encrypt(message, RSAEncryptionPadding.OaepSHA256), default));
        }));
        Assert.Equal(0, vaultToken.RentedSessions);
    }

    protected static string NewLabel() => $"master-{Guid.NewGuid():N}";

    protected static RsaPublicKey PublicOf(RSA rsa) => RsaPublicKey.FromParameters(rsa.ExportParameters(false));

    protected ExportRequest Request(string label, RsaPublicKey kek) => new()
    {
        RequestId = Guid.NewGuid().ToString(),
        KeyLabel = label,
        KekId = new KeyIdentifier(new Uri("https://test.vault.local"), "kek", "0123456789abcdef0123456789abcdef"),
        Kek = kek,
        KekOperations = ["import"],
        ExpiresOn = _time.GetUtcNow().AddHours(1),
    };

    private Task<RsaPublicKey> ImportAsync(byte[] kekId, RsaPublicKey kek, byte[] content)
    {
        var id = RandomNumberGenerator.GetBytes(16);
        return Vault.ImportKeyAsync(kekId, SoftwareTransfer.Wrap(kek, content), id, default);
    }

    private static byte[] CiphertextOf(byte[] transferBlob) => TransferBlob.Parse(transferBlob).Ciphertext.ToArray();

    private static RSA Open(byte[] transferBlob, RSA kek)
    {
        var ciphertext = CiphertextOf(transferBlob);
        using var aes = Aes.Create();
        aes.SetKey(kek.Decrypt(ciphertext.AsSpan(0, kek.KeySize / 8), RSAEncryptionPadding.OaepSHA1));
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(aes.DecryptKeyWrapPadded(ciphertext.AsSpan(kek.KeySize / 8)), out _);
        return rsa;
    }
}
