using Byok.Core.Envelope;
using Byok.Core.Ports;

namespace Byok.Core.Tests.Envelope;

/// <summary>What the reader of BEKs keeps and what it reads again, told by the reads of the table in the tail.</summary>
public sealed class BekTableReaderTests
{
    [Theory]
    [InlineData(new long[] { 0, 0, 3 }, 1)]
    [InlineData(new long[] { 4, 0, 1679 }, 1)]
    [InlineData(new long[] { 0, 1680, 4, 1684, 8, 1688 }, 2)]
    [InlineData(new long[] { 0, 1680, 3360, 4 }, 3)]
    public async Task ReadAsync_SegmentsOfARun_KeepsTheRunsThatWereRead(long[] chunks, int reads)
    {
        // 4 BEKs a segment, 420 segments a run: the 1,020 chunks that one request reads need fewer.
        using var blob = new Reading(chunkCount: 4000, chunksPerSegment: 4, chunkSize: 4096);

        await blob.CopyAsync(chunks);

        Assert.Equal(reads, blob.Reads);
    }

    [Fact]
    public async Task ReadAsync_MoreRunsThanAreKept_DropsTheOneUsedLongestAgo()
    {
        // A segment of 512 KiB is a run by itself where one request reads no more chunks than it covers, and 4 MiB and the one read last are kept: nine.
        const int perSegment = 16 * 1024;
        using var blob = new Reading(chunkCount: 11 * perSegment, chunksPerSegment: perSegment, chunkSize: 256);
        await blob.CopyAsync([.. Enumerable.Range(0, 8).Select(segment => (long)segment * perSegment)]);
        Assert.Equal(8, blob.Reads);

        await blob.CopyAsync(0, 8 * perSegment, 5, 8 * perSegment);
        Assert.Equal(9, blob.Reads);

        await blob.CopyAsync(perSegment);
        Assert.Equal(10, blob.Reads);
    }

    [Fact]
    public async Task ReadAsync_WorkersFarApart_EachReadWhatTheyNeedOnce()
    {
        // What 52,429 chunks need comes with one read; were workers to take turns by segments, each would read the table again for each.
        const int chunks = 52_429;
        using var blob = new Reading(chunkCount: 4 * chunks, chunksPerSegment: 16);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => blob.CopyAsync(new byte[32 * chunks], (long)worker * chunks))));

        Assert.InRange(blob.Reads, 4, 8);
    }

    /// <summary>A blob whose table is read by a reader under test.</summary>
    private sealed class Reading : IRangeSource, IDisposable
    {
        private readonly TestBlob _blob;
        private readonly BlobLayout _layout;
        private readonly BlobKeys _keys;
        private readonly BekTableReader _reader;

        public Reading(int chunkCount, int chunksPerSegment, int chunkSize = 64)
        {
            _blob = TestBlob.Create(new byte[chunkSize * chunkCount], chunkSize, chunksPerSegment, placement: TablePlacement.Tail);
            _layout = new BlobLayout(chunkSize * chunkCount, chunkSize, chunksPerSegment);
            using var dek = _blob.OpenDek();
            _keys = dek.DeriveFor(_blob.Header.BlobId);
            _reader = new BekTableReader(_layout, null, this);
        }

        public int Reads { get; private set; }

        public long Length => _blob.Content.Length;

        /// <summary>Takes the chunks' BEKs one after the other, and opens each chunk with its own.</summary>
        public async Task CopyAsync(params long[] chunks)
        {
            var bek = new byte[32];
            foreach (var index in chunks)
            {
                await CopyAsync(bek, index);
                var stored = _blob.Content.AsSpan((int)_layout.StoredOffset(index), _layout.StoredChunkLength(index));
                Assert.True(ChunkCipher.TryOpen(stored, bek, new byte[_layout.ChunkLength(index)]));
            }
        }

        public async Task CopyAsync(byte[] beks, long index)
        {
            var count = beks.Length / 32;
            var segments = await _reader.ReadAsync(index, count, CancellationToken.None);
            Assert.Equal(count, _reader.CopyBeks(_keys, segments, index, beks));
        }

        public ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            Reads++;
            _blob.Content.AsMemory((int)offset, destination.Length).CopyTo(destination);
            return ValueTask.CompletedTask;
        }

        public void Dispose() => _keys.Dispose();
    }
}
