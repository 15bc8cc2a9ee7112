using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Pipeline.MoveBlobs;

namespace Byok.Pipeline.RotateKey;

/// <summary>How far a rotation is, for the runs after its first.</summary>
/// <param name="TargetId">The new version.</param>
/// <param name="TargetThumbprint">Its thumbprint.</param>
/// <param name="OldVersions">Enabled versions that are to be disabled at the end.</param>
/// <param name="Branches">The pinned branches.</param>
/// <param name="Terms">Settings of this rotation.</param>
/// <param name="StartedOn">When it began.</param>
/// <param name="RetiredOn">When the old versions were retired.</param>
/// <param name="Move">How far encrypting anew is; null where nothing is.</param>
public sealed record RotationState(
    KeyIdentifier TargetId, string TargetThumbprint, IReadOnlyList<KeyIdentifier> OldVersions, IReadOnlyList<BranchName> Branches, RotationTerms Terms,
    DateTimeOffset StartedOn, DateTimeOffset RetiredOn, MoveState? Move);
