using Byok.Core.Errors;

namespace Byok.Core.Envelope;

/// <summary>Decrypts a whole blob, several chunks at once, in constant memory.</summary>
public static class EnvelopeDownload
{
    /// <summary>
    /// Reads, verifies and hands out every chunk, small ones several together. A chunk is handed out only after it verified, in no certain order,
    /// by up to <paramref name="degreeOfParallelism"/> calls at once. When this throws, chunks before it may have been handed out: whoever
    /// wrote them somewhere removes that.
    /// </summary>
    /// <param name="reader">The envelope.</param>
    /// <param name="degreeOfParallelism">Reads under way at once, each with a buffer of 4 MiB at most.</param>
    /// <param name="writeAsync">Receives plaintext offset and bytes; the memory is valid until the returned task ends.</param>
    /// <param name="progress">Told the plaintext bytes done so far after each read, which may arrive out of order; null when nobody watches.</param>
    /// <exception cref="IntegrityException">A chunk does not verify.</exception>
    public static async Task CopyToAsync(
        EnvelopeReader reader,
        int degreeOfParallelism,
        Func<long, ReadOnlyMemory<byte>, CancellationToken, ValueTask> writeAsync,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(writeAsync);
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        var layout = reader.Layout;
        using var pool = new ChunkBufferPool(layout.MaxReadLength, degreeOfParallelism);
        var options = new ParallelOptions { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
        var bytesDone = 0L;
        var bytesPerRead = (long)layout.ChunksPerRead * layout.ChunkSizeInBytes;
        var reads = (layout.PlaintextLength + bytesPerRead - 1) / bytesPerRead;
        await Parallel.ForAsync(0L, reads, options, async (read, cancellation) =>
        {
            using var buffer = await pool.RentAsync(cancellation).ConfigureAwait(false);
            var end = Math.Min(layout.PlaintextLength, (read + 1) * bytesPerRead);
            for (var offset = read * bytesPerRead; offset < end;)
            {
                // Less than all of it only before a chunk that does not verify, at which the next turn fails.
                var length = await reader.ReadChunksAsync(layout.ChunkOfPlaintextOffset(offset), buffer.Memory, cancellation).ConfigureAwait(false);
                await writeAsync(offset, buffer.Memory[..length], cancellation).ConfigureAwait(false);
                progress?.Report(Interlocked.Add(ref bytesDone, length));
                offset += length;
            }
        }).ConfigureAwait(false);
    }
}
