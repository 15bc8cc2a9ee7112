using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>
/// Where everything of one blob lies: plaintext chunks, sealed chunks, segments of the BEK table (docs/FORMAT.md, sections 3 and 6).
/// All lengths and offsets are in bytes, all indexes start at 0.
/// </summary>
public sealed record BlobLayout
{
    /// <summary>Lays out a blob.</summary>
    /// <param name="plaintextLength">Length of the plaintext, 0 to <see cref="MaxPlaintextLength"/>.</param>
    /// <param name="chunkSizeInBytes">Plaintext bytes of every chunk but the last, <see cref="MinChunkSizeInBytes"/> to <see cref="MaxChunkSizeInBytes"/>.</param>
    /// <param name="chunksPerTableSegment">Chunks of every table segment but the last, 1 to <see cref="MaxChunksPerTableSegment"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is beyond its limit, or the blob would have more than <see cref="MaxChunks"/> chunks.</exception>
    public BlobLayout(long plaintextLength, int chunkSizeInBytes, int chunksPerTableSegment)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plaintextLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkSizeInBytes, MinChunkSizeInBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunkSizeInBytes, MaxChunkSizeInBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunksPerTableSegment, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunksPerTableSegment, MaxChunksPerTableSegment);
        ChunkCount = CeilingDivide(plaintextLength, chunkSizeInBytes);
        if (ChunkCount > MaxChunks)
        {
            throw new ArgumentOutOfRangeException(
                nameof(plaintextLength), $"{plaintextLength} bytes in chunks of {chunkSizeInBytes} are more than {MaxChunks} chunks.");
        }

        PlaintextLength = plaintextLength;
        ChunkSizeInBytes = chunkSizeInBytes;
        ChunksPerTableSegment = chunksPerTableSegment;
        TableSegmentCount = (int)CeilingDivide(ChunkCount, chunksPerTableSegment);
    }

    /// <summary>Length of the plaintext.</summary>
    public long PlaintextLength { get; }

    /// <summary>Plaintext bytes of every chunk but the last.</summary>
    public int ChunkSizeInBytes { get; }

    /// <summary>Chunks of every table segment but the last.</summary>
    public int ChunksPerTableSegment { get; }

    /// <summary>Number of chunks; 0 for an empty blob.</summary>
    public long ChunkCount { get; }

    /// <summary>Number of table segments; 0 for an empty blob.</summary>
    public int TableSegmentCount { get; }

    /// <summary>Length of all sealed chunks, the offset of the tail.</summary>
    public long CiphertextLength => PlaintextLength + (ChunkCount * TagSizeInBytes);

    /// <summary>Length of the sealed BEK table, wherever it is stored.</summary>
    public long TableLength => ((long)TableSegmentCount * SegmentOverheadInBytes) + (ChunkCount * KeySizeInBytes);

    /// <summary>Length of the longest sealed chunk: what a buffer for any chunk of this blob needs.</summary>
    public int MaxStoredChunkLength => ChunkCount == 0 ? 0 : StoredChunkLength(0);

    /// <summary>How many chunks one request reads: as many sealed chunks as are no longer together than one of the largest size, 4 MiB, is.</summary>
    public int ChunksPerRead => (MaxChunkSizeInBytes + TagSizeInBytes) / (ChunkSizeInBytes + TagSizeInBytes);

    /// <summary>Length of the sealed chunks that one request reads at most: what a buffer for them needs.</summary>
    public int MaxReadLength => ChunkCount == 0 ? 0 : StoredChunksLength(0, (int)Math.Min(ChunksPerRead, ChunkCount));

    /// <summary>Length of the stored blob.</summary>
    public long StoredLength(TablePlacement placement) =>
        placement == TablePlacement.Tail ? CiphertextLength + TableLength : CiphertextLength;

    /// <summary>Plaintext bytes of a chunk.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public int ChunkLength(long index) => (int)Math.Min(ChunkSizeInBytes, PlaintextLength - PlaintextOffset(index));

    /// <summary>Stored bytes of a chunk: ciphertext and tag.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public int StoredChunkLength(long index) => ChunkLength(index) + TagSizeInBytes;

    /// <summary>Stored bytes of consecutive chunks, at most <see cref="ChunksPerRead"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no such chunks.</exception>
    public int StoredChunksLength(long first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ChunksPerRead);
        return ((count - 1) * (ChunkSizeInBytes + TagSizeInBytes)) + StoredChunkLength(first + count - 1);
    }

    /// <summary>Where a chunk starts in the plaintext.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public long PlaintextOffset(long index) => CheckChunk(index) * ChunkSizeInBytes;

    /// <summary>Where a sealed chunk starts in the stored blob.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public long StoredOffset(long index) => CheckChunk(index) * (ChunkSizeInBytes + TagSizeInBytes);

    /// <summary>Which chunk holds a byte of the plaintext.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not within the plaintext.</exception>
    public long ChunkOfPlaintextOffset(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, PlaintextLength);
        return offset / ChunkSizeInBytes;
    }

    /// <summary>Which table segment holds a chunk's BEK.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public int TableSegmentOfChunk(long index) => (int)(CheckChunk(index) / ChunksPerTableSegment);

    /// <summary>The first chunk that a table segment covers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such segment.</exception>
    public long FirstChunkOfTableSegment(int segment) => (long)CheckSegment(segment) * ChunksPerTableSegment;

    /// <summary>How many chunks a table segment covers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such segment.</exception>
    public int ChunkCountOfTableSegment(int segment) =>
        (int)Math.Min(ChunksPerTableSegment, ChunkCount - FirstChunkOfTableSegment(segment));

    /// <summary>Length of a sealed table segment.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such segment.</exception>
    public int SealedSegmentLength(int segment) => SegmentOverheadInBytes + (ChunkCountOfTableSegment(segment) * KeySizeInBytes);

    /// <summary>Where a sealed segment starts within the table; in the tail form, add <see cref="CiphertextLength"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such segment.</exception>
    public long SealedSegmentOffset(int segment) =>
        CheckSegment(segment) * (SegmentOverheadInBytes + ((long)ChunksPerTableSegment * KeySizeInBytes));

    private static long CeilingDivide(long value, long divisor) => (value / divisor) + (value % divisor == 0 ? 0 : 1);

    private long CheckChunk(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, ChunkCount);
        return index;
    }

    private int CheckSegment(int segment)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(segment);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(segment, TableSegmentCount);
        return segment;
    }
}
