using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Ports;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>
/// Hands out BEKs, opening table segments when first needed and keeping the last few used, so that memory stays constant
/// whatever the blob's size. A table in the tail is read many segments at a time: they are small, and a request is not.
/// Thread-safe; opened segments are zeroed when they are dropped.
/// </summary>
internal sealed class BekTableReader(BlobLayout layout, byte[]? inlineTable, BlobKeys keys, IRangeSource source) : IDisposable
{
    /// <summary>Enough for every worker of a parallel download to be in a segment of its own.</summary>
    private const int MaxOpenSegments = 16;

    private readonly LinkedList<(int Segment, byte[] Beks)> _recent = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _loading = new(1, 1);
    private SealedRun? _run;
    private SealedRun? _runBefore;
    private bool _disposed;

    /// <summary>Copies the BEKs of consecutive chunks.</summary>
    /// <param name="first">The first chunk's index.</param>
    /// <param name="beks">Receives as many as it has room for, 32 bytes each.</param>
    /// <returns>How many were copied: fewer when the segment of the next one does not verify.</returns>
    /// <exception cref="IntegrityException">The first one's segment does not verify.</exception>
    public async ValueTask<int> CopyBeksAsync(long first, Memory<byte> beks, CancellationToken cancellationToken)
    {
        var count = beks.Length / KeySizeInBytes;
        var copied = CopyOpened(first, beks.Span);
        if (copied == count)
        {
            return count;
        }

        // Held for all of them: were two workers far apart to take turns, each would drop what the other has read.
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Another worker may have loaded some while this one waited.
            while ((copied += CopyOpened(first + copied, beks.Span[(copied * KeySizeInBytes)..])) < count)
            {
                var segment = layout.TableSegmentOfChunk(first + copied);
                Keep(segment, await LoadAsync(segment, cancellationToken).ConfigureAwait(false));
            }
        }
        catch (IntegrityException) when (copied > 0)
        {
            // What is before it counts; whoever goes on there is told.
        }
        finally
        {
            _loading.Release();
        }

        return copied;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var (_, beks) in _recent)
            {
                CryptographicOperations.ZeroMemory(beks);
            }
        }
    }

    /// <summary>Copies BEKs as far as their segments are open; says how many.</summary>
    private int CopyOpened(long first, Span<byte> beks)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var copied = 0;
            while (!beks.IsEmpty && FindOpened(layout.TableSegmentOfChunk(first + copied)) is var (segment, opened))
            {
                var skipped = (int)(first + copied - layout.FirstChunkOfTableSegment(segment)) * KeySizeInBytes;
                var length = Math.Min(beks.Length, opened.Length - skipped);
                opened.AsSpan(skipped, length).CopyTo(beks);
                beks = beks[length..];
                copied += length / KeySizeInBytes;
            }

            return copied;
        }
    }

    private (int Segment, byte[] Beks)? FindOpened(int segment)
    {
        for (var node = _recent.First; node is not null; node = node.Next)
        {
            if (node.Value.Segment == segment)
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value;
            }
        }

        return null;
    }

    private void Keep(int segment, byte[] beks)
    {
        lock (_lock)
        {
            _recent.AddFirst((segment, beks));
            if (_disposed)
            {
                // Disposed while it was loading; the copy that follows refuses.
                CryptographicOperations.ZeroMemory(beks);
            }

            if (_recent.Count > MaxOpenSegments)
            {
                CryptographicOperations.ZeroMemory(_recent.Last!.Value.Beks);
                _recent.RemoveLast();
            }
        }
    }

    private async ValueTask<byte[]> LoadAsync(int segment, CancellationToken cancellationToken)
    {
        var offset = layout.SealedSegmentOffset(segment);
        var length = layout.SealedSegmentLength(segment);
        var sealedSegment = inlineTable is { } table
            ? table.AsMemory((int)offset, length)
            : await ReadSealedAsync(offset, length, cancellationToken).ConfigureAwait(false);
        var beks = new byte[length - SegmentOverheadInBytes];
        BekTable.OpenSegment(keys, layout, segment, sealedSegment.Span, beks);
        return beks;
    }

    /// <summary>
    /// From one of the two runs that were read last, for workers at a border need both; else from a new one, which begins at a multiple of its
    /// length. Called by one at a time.
    /// </summary>
    private async ValueTask<Memory<byte>> ReadSealedAsync(long offset, int length, CancellationToken cancellationToken)
    {
        var run = _run?.Holds(offset) == true ? _run : _runBefore;
        if (run?.Holds(offset) != true)
        {
            // All segments but the last are of one length. What one read of chunks needs comes with one read, too.
            var full = layout.SealedSegmentLength(0);
            var needed = 1 + ((layout.ChunksPerRead - 1) / layout.ChunksPerTableSegment);
            var runLength = full * (long)Math.Max(needed, EnvelopeReader.TableReadSizeInBytes / full);
            var start = offset - (offset % runLength);
            run = new SealedRun(start, new byte[(int)Math.Min(runLength, layout.TableLength - start)]);
            await source.ReadAsync(layout.CiphertextLength + start, run.Bytes, cancellationToken).ConfigureAwait(false);
            (_runBefore, _run) = (_run, run);
        }

        return run.Bytes.AsMemory((int)(offset - run.Offset), length);
    }

    /// <summary>Sealed segments as they are stored.</summary>
    private sealed record SealedRun(long Offset, byte[] Bytes)
    {
        public bool Holds(long offset) => offset >= Offset && offset < Offset + Bytes.Length;
    }
}
