using Byok.Core.Envelope;
using CsCheck;

namespace Byok.Core.Tests.Envelope;

public sealed class BlobLayoutTests
{
    [Fact]
    public void Layout_AnyBlob_PartsJoinWithoutGapOrOverlap() =>
        Gen.Select(Gen.Int[0, 5000], Gen.Int[64, 200], Gen.Int[1, 20]).Sample((length, chunkSize, segmentSize) =>
        {
            var layout = new BlobLayout(length, chunkSize, segmentSize);
            long plain = 0, stored = 0, table = 0, chunks = 0;
            for (long i = 0; i < layout.ChunkCount; i++)
            {
                Assert.Equal((plain, stored), (layout.PlaintextOffset(i), layout.StoredOffset(i)));
                Assert.InRange(layout.ChunkLength(i), 1, chunkSize);
                Assert.Equal(i, layout.ChunkOfPlaintextOffset(plain));
                plain += layout.ChunkLength(i);
                Assert.Equal(i, layout.ChunkOfPlaintextOffset(plain - 1));
                stored += layout.StoredChunkLength(i);
            }

            for (var k = 0; k < layout.TableSegmentCount; k++)
            {
                Assert.Equal((table, chunks), (layout.SealedSegmentOffset(k), layout.FirstChunkOfTableSegment(k)));
                Assert.Equal(k, layout.TableSegmentOfChunk(chunks));
                table += layout.SealedSegmentLength(k);
                chunks += layout.ChunkCountOfTableSegment(k);
                Assert.Equal(k, layout.TableSegmentOfChunk(chunks - 1));
            }

            Assert.Equal((length, layout.CiphertextLength, layout.TableLength, layout.ChunkCount), (plain, stored, table, chunks));
            Assert.Equal(stored + table, layout.StoredLength(TablePlacement.Tail));
        }, iter: 300);

    [Theory]
    [InlineData(64, 52_429)]
    [InlineData(2_097_144, 2)]
    [InlineData(2_097_145, 1)]
    [InlineData(4_194_303, 1)]
    [InlineData(4_194_304, 1)]
    public void ChunksPerRead_AnyChunkSize_FitTogetherIntoTheLongestChunk(int chunkSize, int expected)
    {
        var layout = new BlobLayout(64L * 60_000 * 4, chunkSize, 1);

        Assert.Equal(expected, layout.ChunksPerRead);
        Assert.Equal(expected * (chunkSize + 16), layout.MaxReadLength);
        Assert.InRange(layout.MaxReadLength, 1, 4_194_304 + 16);
        Assert.InRange((expected + 1L) * (chunkSize + 16), 4_194_304 + 17, long.MaxValue);
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.StoredChunksLength(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.StoredChunksLength(0, expected + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.StoredChunksLength(layout.ChunkCount, 1));
    }

    [Fact]
    public void Layout_LongestBlob_Computes()
    {
        var layout = new BlobLayout(EnvelopeFormat.MaxPlaintextLength, EnvelopeFormat.MaxChunkSizeInBytes, EnvelopeFormat.MaxChunksPerTableSegment);

        Assert.Equal(EnvelopeFormat.MaxChunks, layout.ChunkCount);
        Assert.Equal(1024, layout.TableSegmentCount);
        Assert.Equal((EnvelopeFormat.MaxChunks - 1) * (4194304 + 16), layout.StoredOffset(layout.ChunkCount - 1));
    }

    [Theory]
    [InlineData(-1, 64, 1)]
    [InlineData((1L << 47) + 1, 4194304, 1)]
    [InlineData((1L << 31) + 1, 64, 1)]
    [InlineData(1, 63, 1)]
    [InlineData(1, 4194305, 1)]
    [InlineData(1, 64, 0)]
    [InlineData(1, 64, 32769)]
    public void Layout_BeyondALimit_IsMisuse(long length, int chunkSize, int segment) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BlobLayout(length, chunkSize, segment));

    [Fact]
    public void Layout_IndexPastTheEnd_IsMisuse()
    {
        var layout = new BlobLayout(128, 64, 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => layout.ChunkLength(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.StoredOffset(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.SealedSegmentLength(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.SealedSegmentLength(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.ChunkOfPlaintextOffset(128));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.ChunkOfPlaintextOffset(-1));
    }

    [Fact]
    public void Layout_MoreChunksThanThereMayBe_SaysSo() => Assert.StartsWith(
        "2147483649 bytes in chunks of 64 are more than 33554432 chunks.",
        Assert.Throws<ArgumentOutOfRangeException>("plaintextLength", () => new BlobLayout((1L << 31) + 1, 64, 1)).Message,
        StringComparison.Ordinal);
}
