namespace Byok.Core.Envelope;

/// <summary>The constants and limits of envelope format version 1 (docs/FORMAT.md, section 2).</summary>
public static class EnvelopeFormat
{
    /// <summary>The format version; it names the whole suite.</summary>
    public const int Version = 1;

    /// <summary>Length of branch key, DEK, BEK and derived keys in bytes.</summary>
    public const int KeySizeInBytes = 32;

    /// <summary>Length of an AES-GCM nonce in bytes.</summary>
    public const int NonceSizeInBytes = 12;

    /// <summary>Length of an AES-GCM tag in bytes.</summary>
    public const int TagSizeInBytes = 16;

    /// <summary>What a sealed table segment is longer than its BEKs, in bytes: nonce and tag.</summary>
    public const int SegmentOverheadInBytes = NonceSizeInBytes + TagSizeInBytes;

    /// <summary>Length of a sealed DEK in bytes: nonce, ciphertext and tag.</summary>
    public const int SealedDekSizeInBytes = NonceSizeInBytes + KeySizeInBytes + TagSizeInBytes;

    /// <summary>The chunk size that writers use: 4 MiB.</summary>
    public const int DefaultChunkSizeInBytes = 4 * 1024 * 1024;

    /// <summary>Smallest chunk size that is accepted.</summary>
    public const int MinChunkSizeInBytes = 64;

    /// <summary>Largest chunk size that is accepted.</summary>
    public const int MaxChunkSizeInBytes = DefaultChunkSizeInBytes;

    /// <summary>Longest plaintext in bytes: 128 TiB.</summary>
    public const long MaxPlaintextLength = 1L << 47;

    /// <summary>Most chunks of one blob.</summary>
    public const long MaxChunks = 1L << 25;

    /// <summary>Most chunks that one segment of the BEK table covers.</summary>
    public const int MaxChunksPerTableSegment = 32_768;

    /// <summary>How far two clocks may be apart: a time of writing later than that binds no writer.</summary>
    public static TimeSpan ClockTolerance { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest key identifier in characters: https, a host name of 253, a port, a key name of 127, a version of 64.</summary>
    public const int MaxKeyIdLength = 465;

    /// <summary>What starts the name of each metadata field of the envelope. Names that start so are reserved.</summary>
    public const string MetadataPrefix = "byok_";

    /// <summary>Whether a metadata name is reserved for the envelope; case does not matter.</summary>
    public static bool IsReservedName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase);
    }
}
