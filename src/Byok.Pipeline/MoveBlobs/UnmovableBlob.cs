namespace Byok.Pipeline.MoveBlobs;

/// <summary>A blob that could not be moved to the current branch.</summary>
/// <param name="Name">The blob's name.</param>
/// <param name="Explanation">Why, in one sentence.</param>
public sealed record UnmovableBlob(string Name, UnmovableReason Reason, string Explanation);

/// <summary>Why a blob could not be moved.</summary>
public enum UnmovableReason
{
    /// <summary>It is in the archive tier, whose metadata cannot be written.</summary>
    Archived,

    /// <summary>A lease or an immutability policy forbids writing.</summary>
    Locked,

    /// <summary>Its header does not verify; moving must not make it look valid.</summary>
    Tampered,

    /// <summary>The ledger does not know its state: another or an older one was put in its place. Moving must not make it ours.</summary>
    NotInLedger,

    /// <summary>Its branch key does not unwrap now.</summary>
    KeyUnavailable,

    /// <summary>With the new header its metadata would exceed what the service allows.</summary>
    MetadataFull,

    /// <summary>Others wrote it each time we tried.</summary>
    Busy,
}
