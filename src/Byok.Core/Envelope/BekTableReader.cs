using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Ports;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>
/// Reads a BEK table. What it keeps of it is sealed, and of constant size whatever the blob's; opened segments live for one call. A table in the tail is read many
/// segments at a time: they are small, and a request is not. Thread-safe.
/// </summary>
internal sealed class BekTableReader(BlobLayout layout, byte[]? inlineTable, IRangeSource source)
{
    /// <summary>What is kept of a table in the tail, beside the run that was read last: 4 MiB.</summary>
    private const int MaxKeptInBytes = 4 * 1024 * 1024;

    private readonly LinkedList<SealedRun> _recent = new();
    private readonly SemaphoreSlim _reading = new(1, 1);

    /// <summary>Reads the sealed segments that hold the BEKs of consecutive chunks.</summary>
    /// <param name="first">The first chunk's index.</param>
    /// <param name="count">How many chunks.</param>
    public async ValueTask<IReadOnlyList<SealedSegment>> ReadAsync(long first, int count, CancellationToken cancellationToken)
    {
        // Held from segment to segment: were two workers far apart to take turns, each would drop what the other has read.
        var run = inlineTable is null ? null : new SealedRun(0, inlineTable);
        var segments = new List<SealedSegment>();
        for (var segment = layout.TableSegmentOfChunk(first); segment <= layout.TableSegmentOfChunk(first + count - 1); segment++)
        {
            var offset = layout.SealedSegmentOffset(segment);
            if (run?.Holds(offset) != true)
            {
                run = await ReadRunAsync(offset, cancellationToken).ConfigureAwait(false);
            }

            segments.Add(new SealedSegment(segment, run.Bytes.AsMemory((int)(offset - run.Offset), layout.SealedSegmentLength(segment))));
        }

        return segments;
    }

    /// <summary>Opens segments and copies the BEKs of consecutive chunks.</summary>
    /// <param name="keys">The blob's keys.</param>
    /// <param name="segments">What was read for these chunks.</param>
    /// <param name="first">The first chunk's index.</param>
    /// <param name="beks">Receives as many as it has room for, 32 bytes each. The caller zeroes them.</param>
    /// <returns>How many were copied: fewer when the segment of the next one does not verify.</returns>
    /// <exception cref="IntegrityException">The first one's segment does not verify.</exception>
    public int CopyBeks(BlobKeys keys, IReadOnlyList<SealedSegment> segments, long first, Span<byte> beks)
    {
        var copied = 0;
        foreach (var segment in segments)
        {
            try
            {
                copied += Open(keys, segment.Number, segment.Bytes.Span, first + copied, beks[(copied * KeySizeInBytes)..]);
            }
            catch (IntegrityException) when (copied > 0)
            {
                break; // What is before it counts; whoever goes on there is told.
            }
        }

        return copied;
    }

    private int Open(BlobKeys keys, int segment, ReadOnlySpan<byte> sealedSegment, long first, Span<byte> beks)
    {
        var opened = GC.AllocateUninitializedArray<byte>(sealedSegment.Length - SegmentOverheadInBytes, pinned: true);
        try
        {
            BekTable.OpenSegment(keys, layout, segment, sealedSegment, opened);
            var wanted = opened.AsSpan((int)(first - layout.FirstChunkOfTableSegment(segment)) * KeySizeInBytes);
            wanted = wanted[..Math.Min(wanted.Length, beks.Length)];
            wanted.CopyTo(beks);
            return wanted.Length / KeySizeInBytes;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
        }
    }

    /// <summary>The run that holds an offset in the table, from memory or with one request. Runs begin at multiples of their length.</summary>
    private async ValueTask<SealedRun> ReadRunAsync(long offset, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var run = _recent.FirstOrDefault(run => run.Holds(offset));
            if (run is not null)
            {
                _recent.Remove(run);
            }
            else
            {
                // All segments but the last are of one length. What one read of chunks needs comes with one read, too.
                var full = layout.SealedSegmentLength(0);
                var needed = 1 + ((layout.ChunksPerRead - 1) / layout.ChunksPerTableSegment);
                var runLength = full * (long)Math.Max(needed, EnvelopeReader.TableReadSizeInBytes / full);
                var start = offset - (offset % runLength);
                run = new SealedRun(start, new byte[(int)Math.Min(runLength, layout.TableLength - start)]);
                await source.ReadAsync(layout.CiphertextLength + start, run.Bytes, cancellationToken).ConfigureAwait(false);
                while (_recent.Sum(kept => (long)kept.Bytes.Length) > MaxKeptInBytes)
                {
                    _recent.RemoveLast();
                }
            }

            _recent.AddFirst(run);
            return run;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Sealed segments as they are stored.</summary>
    private sealed record SealedRun(long Offset, byte[] Bytes)
    {
        public bool Holds(long offset) => offset >= Offset && offset < Offset + Bytes.Length;
    }
}

/// <summary>A segment of a BEK table as it is stored.</summary>
/// <param name="Number">The segment's number.</param>
internal readonly record struct SealedSegment(int Number, ReadOnlyMemory<byte> Bytes);
