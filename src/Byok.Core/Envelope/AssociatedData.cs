using System.Buffers.Binary;

namespace Byok.Core.Envelope;

/// <summary>The associated data of chunks and table segments (docs/FORMAT.md, sections 5 and 6).</summary>
internal static class AssociatedData
{
    public const int ChunkLength = 44;
    public const int SegmentLength = 48;

    private const int PrefixLength = 8;

    private static ReadOnlySpan<byte> ChunkPrefix => "BYOK\u0001\u0001\0\0"u8;

    private static ReadOnlySpan<byte> SegmentPrefix => "BYOK\u0001\u0002\0\0"u8;

    /// <summary>8 prefix || 16 blob id || 8 index || 8 plaintext length || 4 chunk size.</summary>
    public static void WriteChunk(Span<byte> destination, BlobId blobId, BlobLayout layout, long index)
    {
        ChunkPrefix.CopyTo(destination);
        blobId.CopyTo(destination[PrefixLength..]);
        BinaryPrimitives.WriteInt64BigEndian(destination[24..], index);
        BinaryPrimitives.WriteInt64BigEndian(destination[32..], layout.PlaintextLength);
        BinaryPrimitives.WriteInt32BigEndian(destination[40..], layout.ChunkSizeInBytes);
    }

    /// <summary>8 prefix || 16 blob id || 8 first chunk || 4 number of chunks || 8 plaintext length || 4 chunk size.</summary>
    public static void WriteSegment(Span<byte> destination, BlobId blobId, BlobLayout layout, int segment)
    {
        SegmentPrefix.CopyTo(destination);
        blobId.CopyTo(destination[PrefixLength..]);
        BinaryPrimitives.WriteInt64BigEndian(destination[24..], layout.FirstChunkOfTableSegment(segment));
        BinaryPrimitives.WriteInt32BigEndian(destination[32..], layout.ChunkCountOfTableSegment(segment));
        BinaryPrimitives.WriteInt64BigEndian(destination[36..], layout.PlaintextLength);
        BinaryPrimitives.WriteInt32BigEndian(destination[44..], layout.ChunkSizeInBytes);
    }
}
