using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Tests.Envelope;

namespace Byok.Core.Tests.Branches;

public sealed class BranchKeyTests
{
    private static readonly BlobId Id = new(new DeterministicRandom("id").Bytes(16));

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(4096)]
    public void WrapWith_EachSize_UnwrapsWithOaepSha256(int bits)
    {
        using var rsa = RSA.Create(bits);
        var publicKey = RsaPublicKey.FromParameters(rsa.ExportParameters(false));
        using var branch = BranchKey.Generate();

        var wrapping = branch.WrapWith(TestKeys.KeyId, publicKey);

        Assert.Equal((TestKeys.KeyId, publicKey.Thumbprint, bits / 8), (wrapping.KeyId, wrapping.KeyThumbprint, wrapping.WrappedKey.Length));
        Assert.NotEqual(wrapping, branch.WrapWith(TestKeys.KeyId, publicKey));
        using var unwrapped = BranchKey.FromUnwrapped(rsa.Decrypt(wrapping.WrappedKey.Span, RSAEncryptionPadding.OaepSHA256), branch.Name);
        Assert.Equal(branch.Bytes, unwrapped.Bytes);
    }

    [Fact]
    public void WrapWith_KeyOfAnotherSize_IsMisuse()
    {
        using var rsa = RSA.Create(1024);
        var key = RsaPublicKey.FromParameters(rsa.ExportParameters(false));

        Assert.StartsWith(
            "A wrapping key has 2048, 3072 or 4096 bits, not 1024.",
            Assert.Throws<ArgumentException>("wrappingKey", () => TestKeys.Branch.WrapWith(TestKeys.KeyId, key)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>("wrappingKey", () => TestKeys.Branch.WrapWith(TestKeys.KeyId, null!));
        Assert.Throws<ArgumentNullException>("keyId", () => TestKeys.Branch.WrapWith(null!, TestKeys.PublicKey));
    }

    [Fact]
    public void Name_OfAnyKey_IsTheCommitmentOfTheFormat()
    {
        using var one = BranchKey.Generate();
        using var two = BranchKey.Generate();

        Assert.Equal(Base64Url.EncodeToString(HKDF.DeriveKey(HashAlgorithmName.SHA256, one.Bytes.ToArray(), 32, info: "byok/v1/branch"u8.ToArray())), one.Name.ToString());
        Assert.NotEqual(one.Name, two.Name);
        Assert.Equal(TestKeys.BranchOf("one").Name, TestKeys.Branch.Name);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void FromUnwrapped_NotAKeysLength_SaysHowLong(int length) => Assert.Equal(
        $"What unwraps as the key of branch {TestKeys.Branch.Name} has {length} bytes instead of 32.",
        Assert.Throws<IntegrityException>(() => BranchKey.FromUnwrapped(new byte[length], TestKeys.Branch.Name)).Message);

    [Fact]
    public void FromUnwrapped_AnyBitOfTheKeyFlipped_IsAnotherKey()
    {
        var bytes = TestKeys.Branch.Bytes.ToArray();
        for (var bit = 0; bit < 256; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<IntegrityException>(() => BranchKey.FromUnwrapped(bytes, TestKeys.Branch.Name));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        using var right = BranchKey.FromUnwrapped(bytes, TestKeys.Branch.Name);
        Assert.Throws<ArgumentNullException>("name", () => BranchKey.FromUnwrapped(bytes, null!));
    }

    [Fact]
    public void SealDek_WhateverTheKey_IsWhatTheFormatSays()
    {
        using var dek = DataEncryptionKey.Generate();
        var sealedDek = TestKeys.Branch.SealDek(dek, Id);
        Assert.Equal(60, sealedDek.Length);

        var name = Base64Url.DecodeFromChars(TestKeys.Branch.Name.ToString());
        using var aes = new AesGcm(HKDF.DeriveKey(HashAlgorithmName.SHA256, TestKeys.Branch.Bytes.ToArray(), 32, Id.ToByteArray(), "byok/v1/dek"u8.ToArray()), 16);
        var opened = new byte[32];
        aes.Decrypt(
            sealedDek.AsSpan(0, 12), sealedDek.AsSpan(12, 32), sealedDek.AsSpan(44), opened, [0x42, 0x59, 0x4f, 0x4b, 1, 3, 0, 0, .. Id.ToByteArray(), .. name]);

        Assert.Equal(dek.Bytes, opened);
        Assert.False(sealedDek.AsSpan(0, 12).SequenceEqual(TestKeys.Branch.SealDek(dek, Id).AsSpan(0, 12)));
    }

    [Fact]
    public void OpenDek_WhatItSealed_IsTheDekAndNothingElseIs()
    {
        using var dek = DataEncryptionKey.Generate();
        using var other = BranchKey.Generate();
        var sealedDek = TestKeys.Branch.SealDek(dek, Id);
        using (var opened = TestKeys.Branch.OpenDek(sealedDek, Id))
        {
            Assert.Equal(dek.Bytes, opened.Bytes);
        }

        Assert.Throws<IntegrityException>(() => TestKeys.Branch.OpenDek(sealedDek, BlobId.New()));
        Assert.Throws<IntegrityException>(() => other.OpenDek(sealedDek, Id));
        for (var bit = 0; bit < sealedDek.Length * 8; bit++)
        {
            sealedDek[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(
                $"The sealed DEK of blob {Id} was altered, or belongs to another blob or branch.",
                Assert.Throws<IntegrityException>(() => TestKeys.Branch.OpenDek(sealedDek, Id)).Message);
            sealedDek[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < 60; length++)
        {
            Assert.Throws<ArgumentException>("sealedDek", () => TestKeys.Branch.OpenDek(sealedDek.AsSpan(0, length), Id));
        }
    }

    [Fact]
    public void Dispose_KeyUsedAfter_IsZeroedAndRefused()
    {
        var branch = BranchKey.Generate();
        using var copy = branch.Copy();
        using var dek = DataEncryptionKey.Generate();
        var bytes = branch.Bytes; // lives on after the disposal: it is the key's own memory
        Assert.True(bytes.ContainsAnyExcept((byte)0) && bytes.SequenceEqual(copy.Bytes));

        branch.Dispose();

        Assert.False(bytes.ContainsAnyExcept((byte)0));
        Assert.True(copy.Bytes.ContainsAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(() => branch.WrapWith(TestKeys.KeyId, TestKeys.PublicKey));
        Assert.Throws<ObjectDisposedException>(() => branch.SealDek(dek, Id));
        Assert.Throws<ObjectDisposedException>(() => branch.OpenDek(new byte[60], Id));
        Assert.Throws<ObjectDisposedException>(() => branch.Copy());
        Assert.Throws<ArgumentNullException>("dek", () => copy.SealDek(null!, Id));
    }

    [Fact]
    public void BranchName_TextForm_RoundTripsAndIsStrict()
    {
        var name = TestKeys.Branch.Name;

        Assert.Equal(name, BranchName.Parse(name.ToString()));
        Assert.Equal(name, JsonSerializer.Deserialize<BranchName>(JsonSerializer.Serialize(name)));
        foreach (var text in new[] { "", $"{name}=", $"{name}A", $"{name}"[1..], $"{name}"[..^1] + "_", $"{name}"[..^1] + " ", $"+{name}"[..43] })
        {
            Assert.False(BranchName.TryParse(text, out _));
            Assert.Equal("A branch's name is 32 bytes in base64url without padding, 43 characters.", Assert.Throws<FormatException>(() => BranchName.Parse(text)).Message);
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<BranchName>(JsonSerializer.Serialize(text)));
        }

        Assert.False(BranchName.TryParse(null, out _));
        Assert.Throws<ArgumentNullException>("text", () => BranchName.Parse(null!));
    }

    [Fact]
    public void BranchWrapping_PartNotInItsForm_IsMisuseThatNamesIt()
    {
        var thumbprint = TestKeys.PublicKey.Thumbprint;
        var oddHost = KeyIdentifier.Parse("https://[::1]/keys/archive/1");

        Assert.Throws<ArgumentNullException>("keyId", () => new BranchWrapping(null!, thumbprint, new byte[256]));
        Assert.Throws<ArgumentException>("keyId", () => new BranchWrapping(oddHost, thumbprint, new byte[256]));
        Assert.Throws<ArgumentException>("keyThumbprint", () => new BranchWrapping(TestKeys.KeyId, thumbprint[1..], new byte[256]));
        Assert.Throws<ArgumentException>("wrappedKey", () => new BranchWrapping(TestKeys.KeyId, thumbprint, new byte[255]));
        var wrapping = new BranchWrapping(TestKeys.KeyId, thumbprint, new byte[384]);
        Assert.Equal(wrapping, JsonSerializer.Deserialize<BranchWrapping>(JsonSerializer.Serialize(wrapping)));
        Assert.NotEqual(wrapping, new BranchWrapping(TestKeys.NewKeyId, thumbprint, new byte[384]));
        Assert.NotEqual(wrapping, new BranchWrapping(TestKeys.KeyId, TestKeys.NewPublicKey.Thumbprint, new byte[384]));
    }
}
