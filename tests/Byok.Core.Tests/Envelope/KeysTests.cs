using Byok.Core.Envelope;

namespace Byok.Core.Tests.Envelope;

public sealed class KeysTests
{
    [Fact]
    public void Generate_Twice_DrawsTwoKeys()
    {
        using var one = DataEncryptionKey.Generate();
        using var two = DataEncryptionKey.Generate();
        using var drawn = DataEncryptionKey.Generate(new DeterministicRandom("dek").Fill);

        Assert.False(one.Bytes.SequenceEqual(two.Bytes));
        Assert.Equal(new DeterministicRandom("dek").Bytes(32), drawn.Bytes);
    }

    [Fact]
    public void Dispose_MemoryOfTheKeys_IsZeroed()
    {
        // What the spans show lives on after the disposal: it is the keys' own memory.
        var dek = DataEncryptionKey.Generate(new DeterministicRandom("dek").Fill);
        var keys = dek.DeriveFor(BlobId.New());
        var bytes = dek.Bytes;
        var table = keys.TableKey;
        var mac = keys.MacKey;
        Assert.True(bytes.ContainsAnyExcept((byte)0) && table.ContainsAnyExcept((byte)0) && mac.ContainsAnyExcept((byte)0));

        dek.Dispose();
        keys.Dispose();

        Assert.False(bytes.ContainsAnyExcept((byte)0) || table.ContainsAnyExcept((byte)0) || mac.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Dispose_KeyUsedAfter_IsRefused()
    {
        var dek = DataEncryptionKey.Generate();
        var keys = dek.DeriveFor(BlobId.New());
        dek.Dispose();
        keys.Dispose();

        Assert.Throws<ObjectDisposedException>(() => TestKeys.Branch.SealDek(dek, BlobId.New()));
        Assert.Throws<ObjectDisposedException>(() => dek.DeriveFor(BlobId.New()));
        Assert.Throws<ObjectDisposedException>(() => BekTable.SealSegment(keys, new BlobLayout(1, 64, 1), 0, new byte[32]));
        Assert.Throws<ObjectDisposedException>(() => keys.MacKey.Length);
        Assert.Throws<ObjectDisposedException>(() => dek.Copy());
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
        Assert.Equal(
            "A blob id is 16 bytes in base64url without padding, 22 characters.",
            Assert.Throws<FormatException>(() => BlobId.Parse("AAAA")).Message);
        Assert.Throws<ArgumentNullException>("text", () => BlobId.Parse(null!));
        Assert.StartsWith(
            "A blob id has 16 bytes.", Assert.Throws<ArgumentException>("bytes", () => new BlobId(new byte[17])).Message, StringComparison.Ordinal);
    }
}
