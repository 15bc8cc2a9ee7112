using System.Collections.Concurrent;
using Byok.Core.Envelope;

namespace Byok.Client.Writing;

/// <summary>
/// The process's chunk buffers, by number of chunks in a block: exact-size and bounded, so that memory does not grow with a blob's size
/// nor with the number of blobs under way.
/// </summary>
public sealed class ChunkBufferPools
{
    private const long MemoryPerPoolInBytes = 64L * 1024 * 1024;

    private readonly ConcurrentDictionary<int, ChunkBufferPool> _pools = new();

    /// <summary>The pool of buffers that hold so many sealed chunks.</summary>
    public ChunkBufferPool For(int chunks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunks, 1);
        return _pools.GetOrAdd(chunks, static count =>
        {
            var size = count * (EnvelopePlan.StandardChunkSizeInBytes + EnvelopeFormat.TagSizeInBytes);
            return new ChunkBufferPool(size, (int)Math.Max(2, MemoryPerPoolInBytes / size));
        });
    }
}
