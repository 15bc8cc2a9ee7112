using Byok.Core.Envelope;
using Byok.Core.Errors;

namespace Byok.Core.Tests.Envelope;

public sealed class EnvelopeDownloadTests
{
    [Fact]
    public async Task CopyToAsync_ManyTableSegments_ReadsEachChunkOnceAndTheTableIn64KiB()
    {
        // 1,030 segments of 156 bytes, of which 420 are read at a time; the last is shorter. 1,020 chunks are read at a time.
        var plaintext = new DeterministicRandom("many").Bytes((4096 * 4119) - 3);
        var blob = TestBlob.Create(plaintext, chunkSize: 4096, chunksPerSegment: 4, placement: TablePlacement.Tail);
        using var dek = blob.OpenDek();
        var source = new MemoryRangeSource(blob.Content);
        var reader = EnvelopeReader.Open(blob.Header, dek, TestReader.Keep(dek), source, TestBlob.Container, TestBlob.Name);
        var read = new byte[plaintext.Length];
        long most = 0;

        await EnvelopeDownload.CopyToAsync(
            reader,
            1,
            (offset, bytes, _) =>
            {
                bytes.CopyTo(read.AsMemory((int)offset));
                return ValueTask.CompletedTask;
            },
            new Callback(done => InterlockedMax(ref most, done)));

        Assert.Equal(plaintext, read);
        Assert.Equal(plaintext.Length, most);
        Assert.Equal(5 + 3, source.Reads);
    }

    [Theory]
    [InlineData(1, 1, 3)]
    [InlineData(1, 8, 3)]
    [InlineData(16, 8, 3)]
    [InlineData(32_768, 8, 3)]
    public async Task CopyToAsync_SmallestChunks_ReadsThemTogether(int chunksPerSegment, int degree, int slack)
    {
        // Two reads of 52,429 chunks and one of the rest, and the table for each.
        var plaintext = new DeterministicRandom("small").Bytes((64 * 52_429 * 2) + 65);
        var blob = TestBlob.Create(plaintext, chunksPerSegment: chunksPerSegment, placement: TablePlacement.Tail);
        using var dek = blob.OpenDek();
        var source = new MemoryRangeSource(blob.Content);
        var reader = EnvelopeReader.Open(blob.Header, dek, TestReader.Keep(dek), source, TestBlob.Container, TestBlob.Name);
        var read = new byte[plaintext.Length];

        await EnvelopeDownload.CopyToAsync(reader, degree, (offset, bytes, _) =>
        {
            bytes.CopyTo(read.AsMemory((int)offset));
            return ValueTask.CompletedTask;
        });

        Assert.Equal(plaintext, read);
        Assert.InRange(source.Reads, 3 + 1, 3 + 3 + slack);
    }

    [Theory]
    [InlineData(TablePlacement.Inline)]
    [InlineData(TablePlacement.Tail)]
    public async Task CopyToAsync_OneOfManyChunksAltered_HandsOutWhatIsBeforeIt(TablePlacement placement)
    {
        var plaintext = new DeterministicRandom("before").Bytes(1000);
        for (var altered = 0; altered < 16; altered++)
        {
            var blob = TestBlob.Create(plaintext, placement: placement);
            blob.Content[(altered * 80) + 7] ^= 1;
            var reader = blob.Open();
            var handedOut = new List<byte>();

            await Assert.ThrowsAsync<IntegrityException>(() => EnvelopeDownload.CopyToAsync(reader, 1, (_, bytes, _) =>
            {
                handedOut.AddRange(bytes.Span);
                return ValueTask.CompletedTask;
            }));

            Assert.Equal(plaintext[..(altered * 64)], handedOut);
        }
    }

    [Fact]
    public async Task CopyToAsync_OneOfManyTableSegmentsAltered_HandsOutWhatIsBeforeIt()
    {
        var plaintext = new DeterministicRandom("table").Bytes(1000);
        for (var altered = 0; altered < 8; altered++)
        {
            var blob = TestBlob.Create(plaintext, chunksPerSegment: 2, placement: TablePlacement.Tail);
            blob.Content[1000 + (16 * 16) + (altered * (28 + 64)) + 3] ^= 1;
            var reader = blob.Open();
            var handedOut = new List<byte>();

            await Assert.ThrowsAsync<IntegrityException>(() => EnvelopeDownload.CopyToAsync(reader, 1, (_, bytes, _) =>
            {
                handedOut.AddRange(bytes.Span);
                return ValueTask.CompletedTask;
            }));

            Assert.Equal(plaintext[..(altered * 128)], handedOut);
        }
    }

    [Fact]
    public async Task ReadChunksAsync_Misused_NamesTheArgument()
    {
        var reader = TestBlob.Create(new byte[1000]).Open();

        Assert.Equal(1000 + (16 * 16), reader.Layout.MaxReadLength);
        await Assert.ThrowsAsync<ArgumentException>("buffer", () => reader.ReadChunksAsync(0, new byte[reader.Layout.MaxReadLength - 1]).AsTask());
        foreach (var index in new[] { -1L, 16L, long.MinValue, long.MaxValue })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.ReadChunksAsync(index, new byte[reader.Layout.MaxReadLength]).AsTask());
        }
    }

    [Theory]
    [InlineData(2100)]
    [InlineData(2048)]
    [InlineData(2047)]
    [InlineData(1)]
    public async Task ReadChunkAsync_SegmentsAsLongAsARead_ReadsEachByItself(int chunksPerSegment)
    {
        const int chunks = 4300;
        var plaintext = new DeterministicRandom("long segments").Bytes(64 * chunks);
        var blob = TestBlob.Create(plaintext, chunksPerSegment: chunksPerSegment, placement: TablePlacement.Tail);
        var reader = blob.Open();
        var buffer = new byte[80];

        foreach (var index in new long[] { chunks - 1, 0, 2099, 2100, 2046, 2047, 4200, 2048, 1 })
        {
            Assert.Equal(64, await reader.ReadChunkAsync(index, buffer));
            Assert.Equal(plaintext.AsSpan((int)index * 64, 64), buffer.AsSpan(0, 64));
        }
    }

    [Fact]
    public async Task CopyToAsync_WriterFails_EndsWithItsFailure()
    {
        var reader = TestBlob.Create(new byte[1000]).Open();

        await Assert.ThrowsAsync<IOException>(() => EnvelopeDownload.CopyToAsync(reader, 2, (_, _, _) => throw new IOException("disk full")));
    }

    [Fact]
    public async Task CopyToAsync_Cancelled_Ends()
    {
        var reader = TestBlob.Create(new byte[1000]).Open();
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EnvelopeDownload.CopyToAsync(
            reader,
            2,
            (_, _, _) =>
            {
                cancellation.Cancel();
                return ValueTask.CompletedTask;
            },
            cancellationToken: cancellation.Token));
    }

    [Fact]
    public async Task CopyToAsync_Misused_NamesTheArgument()
    {
        var reader = TestBlob.Create(new byte[1]).Open();
        static ValueTask Write(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation) => ValueTask.CompletedTask;

        await Assert.ThrowsAsync<ArgumentNullException>("reader", () => EnvelopeDownload.CopyToAsync(null!, 1, Write));
        await Assert.ThrowsAsync<ArgumentNullException>("writeAsync", () => EnvelopeDownload.CopyToAsync(reader, 1, null!));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("degreeOfParallelism", () => EnvelopeDownload.CopyToAsync(reader, 0, Write));
    }

    private static void InterlockedMax(ref long target, long value)
    {
        long current;
        while ((current = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, current) != current)
        {
        }
    }

    private sealed class Callback(Action<long> action) : IProgress<long>
    {
        public void Report(long value) => action(value);
    }
}
