using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Transfer;
using CsCheck;

namespace Byok.Core.Tests.Transfer;

public sealed class TransferBlobTests
{
    private static readonly KeyIdentifier KekId = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/kek/0a1b2c");

    [Fact]
    public void ToUtf8Json_OfACreatedBlob_IsTheSpecificationsForm()
    {
        var json = TransferBlob.Create(KekId, new byte[256 + 24], "byok 0.1.0; SoftHSM 2.6.1").ToUtf8Json();

        Assert.Equal(
            $$"""{"schema_version":"1.0.0","header":{"kid":"https://contoso.vault.azure.net/keys/kek/0a1b2c","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"{{new string('A', 374)}}","generator":"byok 0.1.0; SoftHSM 2.6.1"}""",
            Encoding.UTF8.GetString(json));
    }

    [Fact]
    public void Parse_OfAnyCreatedBlob_GivesItBack() =>
        Gen.Select(Gen.Byte.Array[280, 4000], Gen.String[Gen.Char[' ', '~'], 1, 256]).Where(t => !string.IsNullOrWhiteSpace(t.Item2)).Sample((bytes, generator) =>
        {
            var ciphertext = bytes[..(bytes.Length / 8 * 8)];
            var parsed = TransferBlob.Parse(TransferBlob.Create(KekId, ciphertext, generator).ToUtf8Json());
            return parsed.KekId == KekId && parsed.Ciphertext.Span.SequenceEqual(ciphertext) && parsed.Generator == generator;
        });

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(4096)]
    public void Split_OfARealExport_GivesTheHalvesThatUnwrap(int kekSizeInBits)
    {
        using var kek = RSA.Create(kekSizeInBits);
        using var target = RSA.Create(2048);
        using var aes = Aes.Create();
        aes.KeySize = 256;
        var pkcs8 = target.ExportPkcs8PrivateKey();
        byte[] ciphertext = [.. kek.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA1), .. aes.EncryptKeyWrapPadded(pkcs8)];
        var file = TransferBlob.Create(KekId, ciphertext, "test").ToUtf8Json();

        Assert.Empty(TransferBlobLinter.Lint(file, KekId.Vault, kekSizeInBits, 2048));
        var halves = TransferBlob.Parse(file).Split(kekSizeInBits);

        using var unwrapping = Aes.Create();
        unwrapping.Key = kek.Decrypt(halves.WrappedEphemeralKey.ToArray(), RSAEncryptionPadding.OaepSHA1);
        Assert.Equal(pkcs8, unwrapping.DecryptKeyWrapPadded(halves.WrappedTargetKey.Span));
    }

    [Theory]
    [InlineData(4096, 504, "oaep-too-short")]
    [InlineData(4096, 512, "kwp-too-short")]
    [InlineData(4096, 528, "kwp-too-short")]
    public void Split_WithTooLargeAKek_NamesTheFault(int kekSizeInBits, int length, string code)
    {
        var blob = TransferBlob.Create(KekId, new byte[length], "test");

        Assert.Contains(code, Assert.Throws<TransferBlobException>(() => blob.Split(kekSizeInBits)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2048, 1208, 1240)]
    [InlineData(3072, 1784, 1816)]
    [InlineData(4096, 2368, 2400)]
    public void Lint_WrappedKeyAtTheLimitsOfItsSize_IsJudgedByThem(int targetSizeInBits, int least, int most)
    {
        string[] FaultsOf(int length) =>
            [.. TransferBlobLinter.Lint(TransferBlob.Create(KekId, new byte[256 + length], "test").ToUtf8Json(), null, 2048, targetSizeInBits).Select(finding => finding.Code)];

        Assert.Empty(FaultsOf(least));
        Assert.Empty(FaultsOf(most));
        Assert.Equal([TransferBlobFault.KwpImplausible], FaultsOf(least - 8));
        Assert.Equal([TransferBlobFault.TrailingBytes], FaultsOf(most + 8));
    }

    [Theory]
    [InlineData(256 + 1200, null, "under any KEK")]
    [InlineData(256 + 1208, null, null)]
    [InlineData(512 + 2400, null, null)]
    [InlineData(512 + 2408, null, "under any KEK")]
    [InlineData(256 + 1248, 2048, "under an RSA-2048 KEK")]
    [InlineData(256 + 1240, 2048, null)]
    public void Lint_LengthOfNoKey_SaysUnderWhichKek(int length, int? kekSizeInBits, string? saying)
    {
        var findings = TransferBlobLinter.Lint(TransferBlob.Create(KekId, new byte[length], "test").ToUtf8Json(), null, kekSizeInBits);

        Assert.Equal(saying is null ? Array.Empty<string>() : [TransferBlobFault.KwpImplausible], findings.Select(finding => finding.Code));
        Assert.All(findings, finding => Assert.Contains(saying!, finding.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Lint_SizesThatNoKeyHas_IsMisuse()
    {
        var file = TransferBlob.Create(KekId, new byte[280], "test").ToUtf8Json();

        Assert.Throws<ArgumentOutOfRangeException>("kekSizeInBits", () => TransferBlobLinter.Lint(file, null, 1024));
        Assert.Throws<ArgumentOutOfRangeException>("targetSizeInBits", () => TransferBlobLinter.Lint(file, null, 2048, 1024));
        Assert.Throws<ArgumentOutOfRangeException>("targetSizeInBits", () => TransferBlobLinter.Lint(file, null, null, 1024));
        Assert.Throws<ArgumentException>("expectedVault", () => TransferBlobLinter.Lint(file, new Uri("/relative", UriKind.Relative)));
        Assert.Throws<ArgumentOutOfRangeException>("kekSizeInBits", () => TransferBlob.Parse(file).Split(1024));
    }

    [Fact]
    public void Split_ShortestWrappedKey_IsSplit() => Assert.Equal(24, TransferBlob.Create(KekId, new byte[280], "test").Split(2048).WrappedTargetKey.Length);

    [Theory]
    [InlineData(2048, 256 + 25, "kwp-not-multiple-of-8")]
    [InlineData(2048, 255, "oaep-too-short")]
    public void Parse_LengthOfNoTransferBlob_NamesTheFault(int kekSizeInBits, int length, string code)
    {
        var file = Encoding.UTF8.GetString(TransferBlob.Create(KekId, new byte[280], "test").ToUtf8Json())
            .Replace(new string('A', 374), System.Buffers.Text.Base64Url.EncodeToString(new byte[length]), StringComparison.Ordinal);

        Assert.Contains(code, Assert.Throws<TransferBlobException>(() => TransferBlob.Parse(Encoding.UTF8.GetBytes(file))).Message, StringComparison.Ordinal);
        Assert.NotEmpty(TransferBlobLinter.Lint(Encoding.UTF8.GetBytes(file), null, kekSizeInBits));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(272)]
    [InlineData(279)]
    [InlineData(281)]
    public void Create_WithAnImpossibleLength_IsMisuse(int length) =>
        Assert.Throws<ArgumentException>(() => TransferBlob.Create(KekId, new byte[length], "test"));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    public void Create_WithABadGenerator_IsMisuse(string generator) =>
        Assert.Throws<ArgumentException>(() => TransferBlob.Create(KekId, new byte[280], generator));

    [Fact]
    public void Create_Misused_SaysWhatIsWrong()
    {
        Assert.Throws<ArgumentNullException>("kekId", () => TransferBlob.Create(null!, new byte[280], "test"));
        Assert.Equal(256, TransferBlob.Create(KekId, new byte[280], new string('g', 256)).Generator.Length);
        Assert.StartsWith(
            "A generator is 1 to 256 characters, none of them a control character.",
            Assert.Throws<ArgumentException>("generator", () => TransferBlob.Create(KekId, new byte[280], new string('g', 257))).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "279 bytes are no OAEP half and KWP half.",
            Assert.Throws<ArgumentException>("ciphertext", () => TransferBlob.Create(KekId, new byte[279], "test")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ParseAndSplit_Refused_NamesBlobAndFault()
    {
        Assert.StartsWith("The transfer blob is refused (", Assert.Throws<TransferBlobException>(() => TransferBlob.Parse("{}"u8)).Message, StringComparison.Ordinal);
        var blob = TransferBlob.Create(KekId, new byte[504], "test");
        Assert.StartsWith($"The transfer blob for {KekId} is refused (oaep-too-short)", Assert.Throws<TransferBlobException>(() => blob.Split(4096)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TruncatedAtEveryLength_IsRefused()
    {
        var file = TransferBlob.Create(KekId, new byte[280], "test").ToUtf8Json();

        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<TransferBlobException>(() => TransferBlob.Parse(file.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Lint_OfAnyBytes_NeverFails() =>
        Gen.Byte.Array[0, 400].Sample(bytes => TransferBlobLinter.Lint(bytes).Count > 0);

    [Fact]
    public void Lint_WithAnyByteOfABlobChanged_NeverFails() =>
        Gen.Select(Gen.Int[0, 400], Gen.Byte).Sample((at, value) =>
        {
            var file = TransferBlob.Create(KekId, new byte[256 + 1232], "test").ToUtf8Json();
            file[at] = value;
            return TransferBlobLinter.Lint(file, KekId.Vault, 2048, 2048).All(finding => finding.Message.Length > 0);
        });
}
