namespace Byok.Pipeline.RotateKey;

/// <summary>A blob whose DEK could not be rewrapped.</summary>
/// <param name="Name">The blob's name.</param>
/// <param name="Explanation">Why, in one sentence.</param>
public sealed record UnmovableBlob(string Name, UnmovableReason Reason, string Explanation)
{
    /// <summary>Most that are listed by name; the count is always exact.</summary>
    public const int MaxListed = 100;
}

/// <summary>Why a blob could not be moved to a new key version.</summary>
public enum UnmovableReason
{
    /// <summary>It is in the archive tier, whose metadata cannot be written.</summary>
    Archived,

    /// <summary>A lease or an immutability policy forbids writing.</summary>
    Locked,

    /// <summary>Its header does not verify; rewrapping must not make it look valid.</summary>
    Tampered,

    /// <summary>The ledger does not know its state: another or an older one was put in its place. Rewrapping must not make it ours.</summary>
    NotInLedger,

    /// <summary>The key version it is wrapped under does not unwrap now.</summary>
    KeyUnavailable,

    /// <summary>With the new header its metadata would exceed what the service allows.</summary>
    MetadataFull,

    /// <summary>Its generation is the last that the format has.</summary>
    GenerationLimit,

    /// <summary>Others wrote it each time we tried.</summary>
    Busy,
}
