using Byok.Core.Envelope;
using Byok.Core.Errors;

namespace Byok.Core.Tests.Envelope;

public sealed class ChunkCipherTests
{
    private static readonly BlobLayout Layout = new(100, 64, 4);
    private static readonly byte[] Plaintext = new DeterministicRandom("cipher").Bytes(64);

    [Fact]
    public void Seal_SameChunkAgain_DrawsAnotherBek()
    {
        var cipher = new ChunkCipher(BlobId.New(), Layout);
        var beks = new HashSet<string>();
        var ciphertexts = new HashSet<string>();
        for (var i = 0; i < 100; i++)
        {
            var (stored, bek) = (new byte[80], new byte[32]);
            cipher.Seal(0, Plaintext, stored, bek);
            Assert.True(beks.Add(Convert.ToHexString(bek)));
            Assert.True(ciphertexts.Add(Convert.ToHexString(stored)));
        }
    }

    [Fact]
    public void SealSegment_SameBeksAgain_DrawsAnotherNonce()
    {
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(BlobId.New());
        var nonces = Enumerable.Range(0, 100).Select(_ => Convert.ToHexString(BekTable.SealSegment(keys, Layout, 0, new byte[64]).AsSpan(0, 12)));

        Assert.Equal(100, nonces.Distinct().Count());
    }

    [Fact]
    public void SealOpen_InPlace_GivesThePlaintextBack()
    {
        var cipher = new ChunkCipher(BlobId.New(), Layout);
        var (buffer, bek) = (new byte[80], new byte[32]);
        Plaintext.CopyTo(buffer, 0);

        cipher.Seal(0, buffer, bek);
        Assert.NotEqual(Plaintext, buffer[..64]);
        cipher.Open(0, buffer, bek, buffer.AsSpan(0, 64));

        Assert.Equal(Plaintext, buffer[..64]);
    }

    [Fact]
    public void SealOpen_ShiftedOverlapOrWrongLength_IsMisuse()
    {
        var cipher = new ChunkCipher(BlobId.New(), Layout);
        var (buffer, bek) = (new byte[200], new byte[32]);

        Assert.Throws<ArgumentException>(() => cipher.Seal(0, buffer.AsSpan(1, 64), buffer.AsSpan(0, 80), bek));
        Assert.Throws<ArgumentException>(() => cipher.Open(0, buffer.AsSpan(0, 80), bek, buffer.AsSpan(16, 64)));
        Assert.Throws<ArgumentException>(() => cipher.Seal(0, buffer.AsSpan(0, 79), bek));
        Assert.Throws<ArgumentException>(() => cipher.Seal(1, buffer.AsSpan(0, 80), bek));
        Assert.Throws<ArgumentException>(() => cipher.Seal(0, Plaintext, buffer.AsSpan(0, 80), bek.AsSpan(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => cipher.Seal(2, Plaintext, buffer.AsSpan(0, 80), bek));
        Assert.Throws<ArgumentException>(() => cipher.Seal(0, Plaintext.AsSpan(1), buffer.AsSpan(0, 80), bek));
        Assert.Throws<ArgumentException>(() => cipher.Open(0, buffer.AsSpan(0, 80), bek.AsSpan(1), new byte[64]));
        var misuse = Assert.Throws<ArgumentException>(() => cipher.Seal(0, buffer.AsSpan(0, 79), bek));
        Assert.Equal("Chunk 0 has 64 bytes of plaintext, 80 stored and a BEK of 32, not 64, 79 and 32.", misuse.Message);
        var overlap = Assert.Throws<ArgumentException>(() => cipher.Seal(0, buffer.AsSpan(1, 64), buffer.AsSpan(0, 80), bek));
        Assert.Contains("overlap shifted", overlap.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => new ChunkCipher(BlobId.New(), null!));
    }

    [Fact]
    public void Open_AlteredChunk_LeavesNoPlaintextAndNamesTheChunk()
    {
        var id = BlobId.New();
        var (stored, bek, plaintext) = (new byte[52], new byte[32], Enumerable.Repeat((byte)7, 36).ToArray());
        var cipher = new ChunkCipher(id, Layout);
        cipher.Seal(1, Plaintext.AsSpan(0, 36), stored, bek);
        stored[0] ^= 1;

        var failure = Assert.Throws<IntegrityException>(() => cipher.Open(1, stored, bek, plaintext));

        Assert.Equal($"Chunk 1 of blob {id} was altered, moved, or belongs to another blob.", failure.Message);
        Assert.Equal(new byte[36], plaintext);
    }

    [Fact]
    public void SealOpenSegment_WrongLengthOrNoKeys_IsMisuse()
    {
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(BlobId.New());
        var sealedSegment = BekTable.SealSegment(keys, Layout, 0, new byte[64]);

        var misuse = Assert.Throws<ArgumentException>(() => BekTable.SealSegment(keys, Layout, 0, new byte[63]));
        Assert.Equal("Segment 0 has 92 bytes sealed and 64 of BEKs, not 92 and 63.", misuse.Message);
        Assert.Throws<ArgumentException>(() => BekTable.OpenSegment(keys, Layout, 0, sealedSegment.AsSpan(1), new byte[64]));
        Assert.Throws<ArgumentException>(() => BekTable.OpenSegment(keys, Layout, 0, sealedSegment, new byte[63]));
        Assert.Throws<ArgumentException>(() => BekTable.OpenSegment(keys, Layout, 0, sealedSegment.AsSpan(1), new byte[63]));
        Assert.Throws<ArgumentNullException>("layout", () => BekTable.SealSegment(keys, null!, 0, new byte[64]));
        Assert.Throws<ArgumentNullException>("layout", () => BekTable.OpenSegment(keys, null!, 0, sealedSegment, new byte[64]));
        Assert.Throws<ArgumentNullException>("keys", () => BekTable.SealSegment(null!, Layout, 0, new byte[64]));
        Assert.Throws<ArgumentNullException>("keys", () => BekTable.OpenSegment(null!, Layout, 0, sealedSegment, new byte[64]));
    }

    [Fact]
    public void OpenSegment_Altered_LeavesNoBekAndNamesTheSegment()
    {
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(BlobId.New());
        var sealedSegment = BekTable.SealSegment(keys, Layout, 0, new DeterministicRandom("beks").Bytes(64));
        var beks = Enumerable.Repeat((byte)7, 64).ToArray();
        sealedSegment[20] ^= 1;

        var failure = Assert.Throws<IntegrityException>(() => BekTable.OpenSegment(keys, Layout, 0, sealedSegment, beks));

        Assert.Equal($"Segment 0 of the BEK table of blob {keys.BlobId} was altered, moved, or belongs to another blob.", failure.Message);
        Assert.Equal(new byte[64], beks);
    }

    [Fact]
    public void SealOpen_ManyThreadsOnOneCipher_EveryChunkOpens()
    {
        var layout = new BlobLayout(2000 * 4096, 4096, 4);
        var cipher = new ChunkCipher(BlobId.New(), layout);
        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var (buffer, bek) = (new byte[4096 + 16], new byte[32]);
            buffer.AsSpan(0, 4096).Fill((byte)i);
            cipher.Seal(i, buffer, bek);
            cipher.Open(i, buffer, bek, buffer.AsSpan(0, 4096));
            Assert.False(buffer.AsSpan(0, 4096).ContainsAnyExcept((byte)i));
        });
    }

    [Fact]
    public void Open_RightBekButAnotherPlace_IsRefused()
    {
        // Whoever knows a BEK still cannot move its chunk: blob, index, length and chunk size are authenticated with it.
        var id = BlobId.New();
        var (stored, bek, plaintext) = (new byte[80], new byte[32], new byte[64]);
        var layout = new BlobLayout(128, 64, 4);
        new ChunkCipher(id, layout).Seal(0, Plaintext, stored, bek);

        Assert.Throws<IntegrityException>(() => new ChunkCipher(BlobId.New(), layout).Open(0, stored, bek, plaintext));
        Assert.Throws<IntegrityException>(() => new ChunkCipher(id, layout).Open(1, stored, bek, plaintext));
        Assert.Throws<IntegrityException>(() => new ChunkCipher(id, new BlobLayout(192, 64, 4)).Open(0, stored, bek, plaintext));
        Assert.Throws<IntegrityException>(() => new ChunkCipher(id, new BlobLayout(64, 65, 4)).Open(0, stored, bek, plaintext));
        new ChunkCipher(id, new BlobLayout(128, 64, 1)).Open(0, stored, bek, plaintext);
        Assert.Equal(Plaintext, plaintext);
    }
}
