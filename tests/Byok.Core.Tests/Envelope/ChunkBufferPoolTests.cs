using Byok.Core.Envelope;

namespace Byok.Core.Tests.Envelope;

public sealed class ChunkBufferPoolTests
{
    [Fact]
    public async Task RentAsync_AllBuffersOut_WaitsForOneToComeBack()
    {
        using var pool = new ChunkBufferPool(100, 2);
        var first = await pool.RentAsync(CancellationToken.None);
        using var second = await pool.RentAsync(CancellationToken.None);
        var third = pool.RentAsync(CancellationToken.None).AsTask();
        Assert.False(third.IsCompleted);
        var memory = first.Memory;

        first.Dispose();
        first.Dispose();

        using var again = await third;
        Assert.Equal(memory, again.Memory);
        Assert.Equal(100, again.Memory.Length);
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        Assert.False(pool.RentAsync(CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task Dispose_BufferHeldPlaintext_IsZeroed()
    {
        var pool = new ChunkBufferPool(4, 1);
        Memory<byte> memory;
        using (var buffer = await pool.RentAsync(CancellationToken.None))
        {
            memory = buffer.Memory;
            memory.Span.Fill(7);
        }

        pool.Dispose();

        Assert.Equal(new byte[4], memory.ToArray());
    }

    [Fact]
    public async Task Dispose_BufferStillOut_IsZeroedWhenItComesBack()
    {
        var pool = new ChunkBufferPool(4, 1);
        var buffer = await pool.RentAsync(CancellationToken.None);
        var memory = buffer.Memory;
        memory.Span.Fill(7);

        pool.Dispose();
        Assert.Equal([7, 7, 7, 7], memory.ToArray());
        buffer.Dispose();

        Assert.Equal(new byte[4], memory.ToArray());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RentAsync(CancellationToken.None).AsTask());
    }

    [Fact]
    public void Create_NoBuffersOrNegativeSize_IsMisuse()
    {
        Assert.Throws<ArgumentOutOfRangeException>("bufferSizeInBytes", () => new ChunkBufferPool(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("maxBuffers", () => new ChunkBufferPool(1, 0));
        using var ofEmptyBlob = new ChunkBufferPool(0, 1);
    }
}
