namespace Byok.Core.Envelope;

/// <summary>The names of the envelope's metadata fields (docs/FORMAT.md, section 7).</summary>
public static class EnvelopeFields
{
    /// <summary>The format version.</summary>
    public const string Format = "byok_format";

    /// <summary>The blob id.</summary>
    public const string BlobId = "byok_blob_id";

    /// <summary>Length of the plaintext in bytes.</summary>
    public const string Length = "byok_length";

    /// <summary>Chunk size in bytes.</summary>
    public const string ChunkSize = "byok_chunk_size";

    /// <summary>Chunks of a table segment.</summary>
    public const string TableSegment = "byok_table_segment";

    /// <summary>The BEK table, or that it is in the tail.</summary>
    public const string Table = "byok_table";

    /// <summary>The generation.</summary>
    public const string Generation = "byok_generation";

    /// <summary>The wrapping key version.</summary>
    public const string KeyId = "byok_key_id";

    /// <summary>The wrapping key's thumbprint.</summary>
    public const string KeyThumbprint = "byok_key_thumbprint";

    /// <summary>The wrapped DEK.</summary>
    public const string WrappedDek = "byok_wrapped_dek";

    /// <summary>Hash of container and blob name.</summary>
    public const string NameHash = "byok_name_hash";

    /// <summary>The commitment to the DEK.</summary>
    public const string Commitment = "byok_commitment";

    /// <summary>The header MAC.</summary>
    public const string Mac = "byok_mac";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Format, BlobId, Length, ChunkSize, TableSegment, Table, Generation, KeyId, KeyThumbprint, WrappedDek, NameHash, Commitment, Mac,
    ];
}
