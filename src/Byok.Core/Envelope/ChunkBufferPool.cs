using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Byok.Core.Envelope;

/// <summary>
/// A bounded pool of buffers of one exact size. It bounds memory and work under way at once: who asks for one more waits.
/// (<c>ArrayPool.Shared</c> would hand out 8 MiB for 4 MiB + 16.) Thread-safe.
/// </summary>
public sealed class ChunkBufferPool : IDisposable
{
    private readonly ConcurrentBag<byte[]> _idle = [];
    private readonly SemaphoreSlim _free;
    private bool _disposed;

    /// <summary>Creates a pool; buffers are allocated when first asked for.</summary>
    /// <param name="bufferSizeInBytes">Size of every buffer.</param>
    /// <param name="maxBuffers">Most buffers rented at once.</param>
    public ChunkBufferPool(int bufferSizeInBytes, int maxBuffers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bufferSizeInBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBuffers, 1);
        BufferSizeInBytes = bufferSizeInBytes;
        MaxBuffers = maxBuffers;
        _free = new SemaphoreSlim(maxBuffers, maxBuffers);
    }

    /// <summary>Size of every buffer.</summary>
    public int BufferSizeInBytes { get; }

    /// <summary>Most buffers rented at once.</summary>
    public int MaxBuffers { get; }

    /// <summary>Rents a buffer, waiting while all are out. Its content is whatever was left in it.</summary>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public async ValueTask<ChunkBuffer> RentAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new ChunkBuffer(this, _idle.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(BufferSizeInBytes));
    }

    /// <summary>Zeroes what was in the buffers, which may be plaintext. Buffers still out are zeroed when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var buffer))
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    internal void Return(byte[] buffer)
    {
        _idle.Add(buffer);
        _free.Release();
        if (_disposed)
        {
            Dispose();
        }
    }
}
