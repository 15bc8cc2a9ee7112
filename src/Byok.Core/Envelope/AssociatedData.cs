using System.Buffers.Binary;
using Byok.Core.Branches;

namespace Byok.Core.Envelope;

/// <summary>The associated data of chunks, table segments and DEKs (docs/FORMAT.md, sections 4 to 6).</summary>
internal static class AssociatedData
{
    public const int SegmentLength = 40;
    public const int DekLength = 56;

    private const int PrefixLength = 8;

    /// <summary>The prefix alone: the table says where a chunk belongs.</summary>
    public static ReadOnlySpan<byte> Chunk => "BYOK\u0001\u0001\0\0"u8;

    private static ReadOnlySpan<byte> SegmentPrefix => "BYOK\u0001\u0002\0\0"u8;

    private static ReadOnlySpan<byte> DekPrefix => "BYOK\u0001\u0003\0\0"u8;

    /// <summary>8 prefix || 16 blob id || 8 first chunk || 4 number of chunks || 4 chunk size.</summary>
    public static void WriteSegment(Span<byte> destination, BlobId blobId, BlobLayout layout, int segment)
    {
        SegmentPrefix.CopyTo(destination);
        blobId.CopyTo(destination[PrefixLength..]);
        BinaryPrimitives.WriteInt64BigEndian(destination[24..], layout.FirstChunkOfTableSegment(segment));
        BinaryPrimitives.WriteInt32BigEndian(destination[32..], layout.ChunkCountOfTableSegment(segment));
        BinaryPrimitives.WriteInt32BigEndian(destination[36..], layout.ChunkSizeInBytes);
    }

    /// <summary>8 prefix || 16 blob id || 32 branch name.</summary>
    public static void WriteDek(Span<byte> destination, BlobId blobId, BranchName branch)
    {
        DekPrefix.CopyTo(destination);
        blobId.CopyTo(destination[PrefixLength..]);
        branch.CopyTo(destination[(PrefixLength + BlobId.SizeInBytes)..]);
    }
}
