using System.Security.Cryptography;
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
        var beks = new HashSet<string>();
        var ciphertexts = new HashSet<string>();
        for (var i = 0; i < 100; i++)
        {
            var (stored, bek) = (new byte[80], new byte[32]);
            ChunkCipher.Seal(Plaintext, stored, bek);
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
        var (buffer, bek) = (new byte[80], new byte[32]);
        Plaintext.CopyTo(buffer, 0);

        ChunkCipher.Seal(buffer, bek);
        Assert.NotEqual(Plaintext, buffer[..64]);
        Assert.True(ChunkCipher.TryOpen(buffer, bek, buffer.AsSpan(0, 64)));

        Assert.Equal(Plaintext, buffer[..64]);
    }

    [Fact]
    public void Seal_WhateverTheChunk_IsWhatTheFormatSays()
    {
        var (stored, opened, bek) = (new byte[80], new byte[64], new byte[32]);
        ChunkCipher.Seal(Plaintext, stored, bek);

        using var aes = new AesGcm(bek, 16);
        aes.Decrypt(new byte[12], stored.AsSpan(0, 64), stored.AsSpan(64), opened, [0x42, 0x59, 0x4f, 0x4b, 1, 1, 0, 0]);

        Assert.Equal(Plaintext, opened);
    }

    [Fact]
    public void SealOpen_ShiftedOverlapOrWrongLength_IsMisuse()
    {
        var (buffer, bek) = (new byte[200], new byte[32]);

        Assert.Throws<ArgumentException>(() => ChunkCipher.Seal(buffer.AsSpan(1, 64), buffer.AsSpan(0, 80), bek));
        Assert.Throws<ArgumentException>(() => ChunkCipher.TryOpen(buffer.AsSpan(0, 80), bek, buffer.AsSpan(16, 64)));
        Assert.Throws<ArgumentException>(() => ChunkCipher.Seal(buffer.AsSpan(0, 15), bek));
        Assert.Throws<ArgumentException>(() => ChunkCipher.Seal(Plaintext, buffer.AsSpan(0, 80), bek.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => ChunkCipher.TryOpen(buffer.AsSpan(0, 80), bek.AsSpan(1), new byte[64]));
        Assert.Throws<ArgumentException>(() => ChunkCipher.TryOpen(buffer.AsSpan(0, 80), bek, new byte[65]));
        var misuse = Assert.Throws<ArgumentException>(() => ChunkCipher.Seal(Plaintext, buffer.AsSpan(0, 79), bek));
        Assert.Equal("A chunk of 64 bytes has 80 stored and a BEK of 32, not 79 and 32.", misuse.Message);
        var overlap = Assert.Throws<ArgumentException>(() => ChunkCipher.Seal(buffer.AsSpan(1, 64), buffer.AsSpan(0, 80), bek));
        Assert.Contains("overlap shifted", overlap.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryOpen_AlteredChunk_LeavesNoPlaintext()
    {
        var (stored, bek, plaintext) = (new byte[52], new byte[32], Enumerable.Repeat((byte)7, 36).ToArray());
        ChunkCipher.Seal(Plaintext.AsSpan(0, 36), stored, bek);
        stored[0] ^= 1;

        Assert.False(ChunkCipher.TryOpen(stored, bek, plaintext));
        Assert.Equal(new byte[36], plaintext);
    }

    [Fact]
    public void TryOpen_AnyBitOfChunkOrBekFlipped_IsRefused()
    {
        var (stored, bek, plaintext) = (new byte[32], new byte[32], new byte[16]);
        ChunkCipher.Seal(Plaintext.AsSpan(0, 16), stored, bek);
        foreach (var part in new[] { stored, bek })
        {
            for (var bit = 0; bit < part.Length * 8; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(ChunkCipher.TryOpen(stored, bek, plaintext));
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }

        Assert.True(ChunkCipher.TryOpen(stored, bek, plaintext));
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
    public void SealOpen_ManyThreads_EveryChunkOpens() => Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
    {
        var (buffer, bek) = (new byte[4096 + 16], new byte[32]);
        buffer.AsSpan(0, 4096).Fill((byte)i);
        ChunkCipher.Seal(buffer, bek);
        Assert.True(ChunkCipher.TryOpen(buffer, bek, buffer.AsSpan(0, 4096)));
        Assert.False(buffer.AsSpan(0, 4096).ContainsAnyExcept((byte)i));
    });
}
