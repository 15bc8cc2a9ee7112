using Byok.Core.Errors;

namespace Byok.Core.Envelope;

/// <summary>Decrypts a whole blob, several chunks at once, in constant memory.</summary>
public static class EnvelopeDownload
{
    /// <summary>
    /// Reads, verifies and hands out every chunk. A chunk is handed out only after it verified, in no certain order, by up to
    /// <paramref name="degreeOfParallelism"/> calls at once. When this throws, chunks before it may have been handed out: whoever
    /// wrote them somewhere removes that.
    /// </summary>
    /// <param name="reader">The envelope.</param>
    /// <param name="degreeOfParallelism">Chunks under way at once, each with a buffer of chunk size.</param>
    /// <param name="writeAsync">Receives plaintext offset and bytes; the memory is valid until the returned task ends.</param>
    /// <param name="progress">Told the plaintext bytes done so far after each chunk, which may arrive out of order; null when nobody watches.</param>
    /// <param name="cancellationToken">Cancels the download.</param>
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
        using var pool = new ChunkBufferPool(layout.MaxStoredChunkLength, degreeOfParallelism);
        var options = new ParallelOptions { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
        var bytesDone = 0L;
        await Parallel.ForAsync(0L, layout.ChunkCount, options, async (index, cancellation) =>
        {
            using var buffer = await pool.RentAsync(cancellation).ConfigureAwait(false);
            var length = await reader.ReadChunkAsync(index, buffer.Memory, cancellation).ConfigureAwait(false);
            await writeAsync(layout.PlaintextOffset(index), buffer.Memory[..length], cancellation).ConfigureAwait(false);
            progress?.Report(Interlocked.Add(ref bytesDone, length));
        }).ConfigureAwait(false);
    }
}
