using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope;

public sealed class KeysTests
{
    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(4096)]
    public void Wrap_EachSize_UnwrapsWithOaepSha256(int bits)
    {
        using var rsa = RSA.Create(bits);
        using var wrapper = new DekWrapper(RsaPublicKey.FromParameters(rsa.ExportParameters(false)));
        using var dek = DataEncryptionKey.Generate();

        var wrapped = wrapper.Wrap(dek);

        Assert.Equal(bits / 8, wrapped.Length);
        Assert.NotEqual(wrapped, wrapper.Wrap(dek));
        Assert.Equal(dek.Bytes, rsa.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256));
    }

    [Fact]
    public void DekWrapper_KeyOfAnotherSize_IsMisuse()
    {
        using var rsa = RSA.Create(1024);
        var key = RsaPublicKey.FromParameters(rsa.ExportParameters(false));

        Assert.Throws<ArgumentException>(() => new DekWrapper(key));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void FromBytes_NotAKeysLength_IsAnIntegrityFailure(int length) =>
        Assert.Throws<IntegrityException>(() => DataEncryptionKey.FromBytes(new byte[length]));

    [Fact]
    public void Dispose_KeyUsedAfter_IsRefused()
    {
        var dek = DataEncryptionKey.Generate();
        var keys = dek.DeriveFor(BlobId.New());
        dek.Dispose();
        keys.Dispose();

        Assert.Throws<ObjectDisposedException>(() => dek.WrapWith(TestKeys.PublicKey));
        Assert.Throws<ObjectDisposedException>(() => dek.DeriveFor(BlobId.New()));
        Assert.Throws<ObjectDisposedException>(() => BekTable.SealSegment(keys, new BlobLayout(1, 64, 1), 0, new byte[32]));
    }

    [Fact]
    public void DeriveFor_OtherBlobOrPurpose_GivesOtherKeys()
    {
        using var dek = DataEncryptionKey.Generate();
        var id = BlobId.New();
        using var one = dek.DeriveFor(id);
        using var two = dek.DeriveFor(BlobId.New());
        string[] keys =
        [
            Convert.ToHexString(one.TableKey), Convert.ToHexString(one.MacKey), Convert.ToHexString(one.Commitment),
            Convert.ToHexString(two.TableKey), Convert.ToHexString(two.MacKey), Convert.ToHexString(two.Commitment),
        ];

        Assert.Equal(6, keys.Distinct().Count());
    }

    [Fact]
    public void BlobId_TextForm_RoundTripsAndIsStrict()
    {
        var id = BlobId.New();

        Assert.Equal(id, BlobId.Parse(id.ToString()));
        Assert.Equal(id, new BlobId(id.ToByteArray()));
        Assert.NotEqual(id, BlobId.New());
        Assert.Throws<FormatException>(() => BlobId.Parse(id + "=="));
        Assert.Throws<FormatException>(() => BlobId.Parse(new string('A', 21) + "B"));
        Assert.Throws<FormatException>(() => BlobId.Parse("AAAA"));
    }
}
