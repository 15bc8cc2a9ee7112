using System.Text.Json.Serialization;
using Byok.Core.Envelope;
using Byok.Core.Keys;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Everything that the segments of one blob share. Holds no secret: the DEK is in it only wrapped.</summary>
public sealed record EncryptionPlan
{
    /// <summary>Chunk size in bytes.</summary>
    public const int ChunkSizeInBytes = 4 * 1024 * 1024;

    /// <summary>Most segments of one blob: the fan-out's bound.</summary>
    public const int MaxSegments = 1024;

    /// <summary>Chunks of a segment while the blob is small enough: 64 MiB.</summary>
    public const int MinChunksPerSegment = 16;

    /// <summary>Longest blob: what 1,024 segments of 4 GiB hold, 4 TiB.</summary>
    public const long MaxPlaintextLength = (long)MaxSegments * 1024 * ChunkSizeInBytes;

    /// <summary>The operation.</summary>
    public required string OperationId { get; init; }

    /// <summary>The blob's name.</summary>
    public required string BlobName { get; init; }

    /// <summary>The upload's ETag; every read is conditional on it.</summary>
    public required string SourceETag { get; init; }

    /// <summary>The ETag of the protected blob that is replaced; null when there must be none.</summary>
    public required string? TargetETag { get; init; }

    /// <summary>Length of the plaintext in bytes.</summary>
    public required long PlaintextLength { get; init; }

    /// <summary>Chunks of a segment; a segment is one activity and one segment of the BEK table.</summary>
    public required int ChunksPerSegment { get; init; }

    /// <summary>Chunks of a block: 1 unless the blob would need more than 50,000 blocks.</summary>
    public required int ChunksPerBlock { get; init; }

    /// <summary>Number of segments.</summary>
    public required int Segments { get; init; }

    /// <summary>Whether the BEK table goes to the blob's tail; else it goes to metadata.</summary>
    public required bool TableInTail { get; init; }

    /// <summary>The envelope's blob id, base64url.</summary>
    public required string BlobId { get; init; }

    /// <summary>The envelope's generation.</summary>
    public required long Generation { get; init; }

    /// <summary>The wrapping key version.</summary>
    public required KeyIdentifier KeyId { get; init; }

    /// <summary>The wrapping key's thumbprint.</summary>
    public required string KeyThumbprint { get; init; }

    /// <summary>The DEK, wrapped.</summary>
    public required byte[] WrappedDek { get; init; }

    /// <summary>Where chunks and table segments lie.</summary>
    [JsonIgnore]
    public BlobLayout Layout => new(PlaintextLength, ChunkSizeInBytes, ChunksPerSegment);
}
