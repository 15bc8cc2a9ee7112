using Byok.Core.Branches;
using Byok.Pipeline.MoveBlobs;

namespace Byok.Pipeline.RetireBranch;

public sealed record RetireBranchInput
{
    /// <summary>Name of the wrapping key in the vault.</summary>
    public required string KeyName { get; init; }

    /// <summary>The branch to retire; null for the current one.</summary>
    public BranchName? Branch { get; init; }

    /// <summary>Whether its blobs are encrypted anew, with new DEKs and BEKs, instead of only sealing their DEKs anew.</summary>
    public bool Deep { get; init; }

    /// <summary>How far the retirement is; null at its start. The orchestration hands it to itself to keep its history short.</summary>
    public RetirementState? State { get; init; }
}

/// <summary>How far a retirement is.</summary>
/// <param name="Branch">The branch that is retired.</param>
/// <param name="Current">The branch that its blobs move to.</param>
/// <param name="StartedOn">When it began.</param>
/// <param name="Move">How far its blobs are.</param>
public sealed record RetirementState(BranchName Branch, BranchName Current, DateTimeOffset StartedOn, MoveState Move);

/// <summary>A retirement that came to its end.</summary>
/// <param name="KeyName">The wrapping key.</param>
/// <param name="Branch">The branch.</param>
/// <param name="Current">The branch that its blobs are under now.</param>
/// <param name="IsRetired">Whether the branch is refused from now on; false when blobs that could not be moved keep it sealed.</param>
/// <param name="IsDeep">Whether its blobs were encrypted anew, and not only their DEKs sealed anew.</param>
/// <param name="Moved">Blobs that were moved.</param>
/// <param name="Passes">Passes over all blobs, the last one the proof that nothing is left.</param>
/// <param name="LeftBehind">How many blobs could not be moved.</param>
/// <param name="Unmovable">The first of them, with the reason.</param>
/// <param name="StartedOn">When the retirement began.</param>
/// <param name="EndedOn">When it ended.</param>
public sealed record RetireBranchResult(
    string KeyName, BranchName Branch, BranchName Current, bool IsRetired, bool IsDeep, long Moved, int Passes, long LeftBehind, IReadOnlyList<UnmovableBlob> Unmovable,
    DateTimeOffset StartedOn, DateTimeOffset EndedOn);
