namespace Byok.Core.Envelope;

/// <summary>A buffer rented from a <see cref="ChunkBufferPool"/>; disposing returns it.</summary>
public sealed class ChunkBuffer : IDisposable
{
    private readonly ChunkBufferPool _pool;
    private byte[]? _buffer;

    internal ChunkBuffer(ChunkBufferPool pool, byte[] buffer)
    {
        _pool = pool;
        _buffer = buffer;
    }

    /// <summary>The whole buffer.</summary>
    /// <exception cref="ObjectDisposedException">It was returned.</exception>
    public Memory<byte> Memory => _buffer ?? throw new ObjectDisposedException(nameof(ChunkBuffer));

    public void Dispose()
    {
        // Exchanged, so that a second disposal cannot put the same buffer into the pool twice.
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            _pool.Return(buffer);
        }
    }
}
