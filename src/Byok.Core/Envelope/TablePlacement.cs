namespace Byok.Core.Envelope;

/// <summary>Where the BEK table is stored.</summary>
public enum TablePlacement
{
    /// <summary>In the metadata field <c>byok_table</c>.</summary>
    Inline,

    /// <summary>After the last chunk, in the blob itself.</summary>
    Tail,
}
