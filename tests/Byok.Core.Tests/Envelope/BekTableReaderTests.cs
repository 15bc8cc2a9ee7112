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
    [InlineData(new long[] { 0, 1680, 3360, 4 }, 4)]
    public async Task CopyBeksAsync_SegmentsOfARun_KeepsTheTwoRunsReadLast(long[] chunks, int reads)
    {
        // 4 BEKs a segment, 420 segments a run: the 1,020 chunks that one request reads need fewer.
        using var blob = new Reading(chunkCount: 4000, chunksPerSegment: 4, chunkSize: 4096);

        await blob.CopyAsync(chunks);

        Assert.Equal(reads, blob.Reads);
    }

    [Fact]
    public async Task CopyBeksAsync_MoreSegmentsThanAreKept_DropsTheOneUsedLongestAgo()
    {
        // A segment of 64 KiB is a run by itself where one request reads no more chunks than it covers, and 16 stay open.
        using var blob = new Reading(chunkCount: 17 * 2048, chunksPerSegment: 2048, chunkSize: 2048);
        await blob.CopyAsync([.. Enumerable.Range(0, 16).Select(segment => segment * 2048L)]);
        Assert.Equal(16, blob.Reads);

        await blob.CopyAsync(0, 16 * 2048, 5, 16 * 2048);
        Assert.Equal(17, blob.Reads);

        await blob.CopyAsync(2048);
        Assert.Equal(18, blob.Reads);
    }

    [Fact]
    public async Task CopyBeksAsync_WorkersFarApart_EachReadWhatTheyNeedOnce()
    {
        // What 52,429 chunks need comes with one read; were workers to take turns by segments, each would read the table again for each.
        const int chunks = 52_429;
        using var blob = new Reading(chunkCount: 4 * chunks, chunksPerSegment: 16);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => blob.CopyAsync(new byte[32 * chunks], (long)worker * chunks))));

        Assert.InRange(blob.Reads, 4, 8);
    }

    [Fact]
    public async Task CopyBeksAsync_AfterDisposal_IsRefused()
    {
        var blob = new Reading(chunkCount: 2, chunksPerSegment: 1);
        await blob.CopyAsync(0);

        blob.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => blob.CopyAsync(0));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => blob.CopyAsync(1));
    }

    [Fact]
    public async Task CopyBeksAsync_DisposedWhileItReads_GivesNothing()
    {
        using var blob = new Reading(chunkCount: 1, chunksPerSegment: 1) { Held = new TaskCompletionSource() };
        var bek = new byte[32];
        var copying = blob.CopyAsync(bek, 0);

        blob.Dispose();
        blob.Held.SetResult();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => copying);
        Assert.Equal(new byte[32], bek);
    }

    /// <summary>A blob whose table is read by a reader under test; the keys live on after it.</summary>
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
            _reader = new BekTableReader(_layout, null, _keys, this);
        }

        public int Reads { get; private set; }

        public TaskCompletionSource? Held { get; init; }

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

        public Task CopyAsync(byte[] bek, long index) => _reader.CopyBeksAsync(index, bek, CancellationToken.None).AsTask();

        public async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            await (Held?.Task ?? Task.CompletedTask);
            Reads++;
            _blob.Content.AsMemory((int)offset, destination.Length).CopyTo(destination);
        }

        public void Dispose() => _reader.Dispose();
    }
}
