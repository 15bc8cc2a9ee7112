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

    /// <summary>When the header was written.</summary>
    public const string Written = "byok_written";

    /// <summary>The branch's name.</summary>
    public const string Branch = "byok_branch";

    /// <summary>The sealed DEK.</summary>
    public const string SealedDek = "byok_sealed_dek";

    /// <summary>The wrapping key version.</summary>
    public const string KeyId = "byok_key_id";

    /// <summary>The wrapping key's thumbprint.</summary>
    public const string KeyThumbprint = "byok_key_thumbprint";

    /// <summary>The copy of the wrapped branch key.</summary>
    public const string WrappedBranch = "byok_wrapped_branch";

    /// <summary>Hash of container and blob name.</summary>
    public const string NameHash = "byok_name_hash";

    /// <summary>The commitment to the DEK.</summary>
    public const string Commitment = "byok_commitment";

    /// <summary>The header MAC.</summary>
    public const string Mac = "byok_mac";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Format, BlobId, Length, ChunkSize, TableSegment, Table, Written, Branch, SealedDek, KeyId, KeyThumbprint, WrappedBranch, NameHash, Commitment, Mac,
    ];
}
