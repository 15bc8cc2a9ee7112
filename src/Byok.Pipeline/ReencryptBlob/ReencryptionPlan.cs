using System.Text.Json.Serialization;
using Byok.Core.Envelope;
using Byok.Core.Keys;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Everything that the segments of one blob share. Holds no secret: the DEK is in it only wrapped.</summary>
public sealed record ReencryptionPlan
{
    /// <summary>The operation.</summary>
    public required string OperationId { get; init; }

    /// <summary>The blob's name.</summary>
    public required string BlobName { get; init; }

    /// <summary>The ETag of the ciphertext that is read and replaced.</summary>
    public required string ETag { get; init; }

    /// <summary>Length of the plaintext in bytes.</summary>
    public required long PlaintextLength { get; init; }

    /// <summary>Chunk size in bytes, as before.</summary>
    public required int ChunkSizeInBytes { get; init; }

    /// <summary>Chunks of a segment; a segment is one activity and one segment of the BEK table.</summary>
    public required int ChunksPerSegment { get; init; }

    /// <summary>Chunks of a block.</summary>
    public required int ChunksPerBlock { get; init; }

    /// <summary>Whether the BEK table goes to the blob's tail; else it goes to metadata.</summary>
    public required bool TableInTail { get; init; }

    /// <summary>The envelope's new blob id, base64url.</summary>
    public required string BlobId { get; init; }

    /// <summary>The envelope's new generation.</summary>
    public required long Generation { get; init; }

    /// <summary>The wrapping key version.</summary>
    public required KeyIdentifier KeyId { get; init; }

    /// <summary>The wrapping key's thumbprint.</summary>
    public required string KeyThumbprint { get; init; }

    /// <summary>The new DEK, wrapped.</summary>
    public required byte[] WrappedDek { get; init; }

    /// <summary>Number of segments.</summary>
    [JsonIgnore]
    public int Segments => Layout.TableSegmentCount;

    /// <summary>Where chunks and table segments lie.</summary>
    [JsonIgnore]
    public BlobLayout Layout => new(PlaintextLength, ChunkSizeInBytes, ChunksPerSegment);
}
