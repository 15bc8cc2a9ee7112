using System.Text.Json.Serialization;
using Byok.Client.Records;
using Byok.Core.Branches;
using Byok.Core.Envelope;

namespace Byok.Client.Writing;

/// <summary>
/// How one protected blob is written: what all its segments share. It passes through orchestrations and holds no secret: the DEK is in
/// it only sealed.
/// </summary>
public sealed record EnvelopePlan
{
    /// <summary>Plaintext bytes of a chunk of a new blob: 4 MiB.</summary>
    public const int StandardChunkSizeInBytes = 4 * 1024 * 1024;

    /// <summary>Most segments of one blob: the fan-out's bound.</summary>
    public const int MaxSegments = 1024;

    /// <summary>Chunks of a segment while the blob is small enough: 64 MiB.</summary>
    public const int MinChunksPerSegment = 16;

    /// <summary>Longest plaintext: what 1,024 segments of 4 GiB hold, 4 TiB.</summary>
    public const long MaxPlaintextLength = (long)MaxSegments * 1024 * StandardChunkSizeInBytes;

    /// <summary>Most blocks of a blob (Azure Storage, "Scalability and performance targets for Blob storage").</summary>
    private const int MaxBlocks = 50_000;

    /// <summary>The operation.</summary>
    public required string OperationId { get; init; }

    /// <summary>The blob's name.</summary>
    public required string BlobName { get; init; }

    /// <summary>The ETag of the protected blob that is replaced; null when there must be none.</summary>
    public required string? TargetETag { get; init; }

    /// <summary>What makes it.</summary>
    public required BlobChange Change { get; init; }

    /// <summary>MAC of the header that is replaced, base64url; null when there is none.</summary>
    public required string? Replaces { get; init; }

    /// <summary>The envelope's blob id, base64url.</summary>
    public required string BlobId { get; init; }

    /// <summary>When the envelope that is replaced was written, if it verified; null when there is none.</summary>
    public required DateTimeOffset? ReplacedWrittenOn { get; init; }

    /// <summary>Length of the plaintext in bytes.</summary>
    public required long PlaintextLength { get; init; }

    /// <summary>Plaintext bytes of every chunk but the last.</summary>
    public required int ChunkSizeInBytes { get; init; }

    /// <summary>Chunks of a segment; a segment is one activity and one segment of the BEK table.</summary>
    public required int ChunksPerSegment { get; init; }

    /// <summary>Chunks of a block: 1 unless the blob would need more than 50,000 blocks.</summary>
    public required int ChunksPerBlock { get; init; }

    /// <summary>Whether the BEK table goes to the blob's tail; else it goes to metadata.</summary>
    public required bool TableInTail { get; init; }

    /// <summary>The branch that it is written under.</summary>
    public required BranchName Branch { get; init; }

    /// <summary>The branch's key, wrapped.</summary>
    public required BranchWrapping Wrapping { get; init; }

    /// <summary>The DEK, sealed by the branch.</summary>
    public required byte[] SealedDek { get; init; }

    /// <summary>Where chunks and table segments lie.</summary>
    [JsonIgnore]
    public BlobLayout Layout => new(PlaintextLength, ChunkSizeInBytes, ChunksPerSegment);

    /// <summary>Number of segments; 0 for an empty blob.</summary>
    [JsonIgnore]
    public int Segments => Layout.TableSegmentCount;

    /// <summary>Lays out a blob in as many segments as it needs, and at most <see cref="MaxSegments"/>.</summary>
    /// <param name="plaintextLength">Length of the plaintext in bytes, at most <see cref="MaxPlaintextLength"/>.</param>
    /// <param name="chunkSizeInBytes">Plaintext bytes of a chunk.</param>
    internal static BlobLayout LayOut(long plaintextLength, int chunkSizeInBytes)
    {
        var perSegment = DivideUp(DivideUp(plaintextLength, chunkSizeInBytes), MaxSegments);
        return new BlobLayout(plaintextLength, chunkSizeInBytes, (int)Math.Max(MinChunksPerSegment, perSegment));
    }

    /// <summary>Chunks of a block, so that all blocks, a part of one at each segment's end and the table's included, are not too many.</summary>
    internal static int ChunksPerBlockOf(BlobLayout layout) => (int)Math.Max(1, DivideUp(layout.ChunkCount, MaxBlocks - (2 * MaxSegments)));

    /// <summary>The quotient, rounded up.</summary>
    internal static long DivideUp(long dividend, long divisor) => (dividend + divisor - 1) / divisor;
}
