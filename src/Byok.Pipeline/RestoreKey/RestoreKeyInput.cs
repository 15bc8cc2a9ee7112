using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.RestoreKey;

public sealed record RestoreKeyInput
{
    /// <summary>Name of the wrapping key in the vault.</summary>
    public required string KeyName { get; init; }

    /// <summary>
    /// When it was asked for, as <see cref="KeyLife.NextOrderOn"/> says; null for when it begins. Of a revocation and a restore the one that was asked for later holds.
    /// </summary>
    public DateTimeOffset? OrderedOn { get; init; }

    /// <summary>
    /// Whether a restore that has not ended, begun by a command that was cut off, is gone on with. It is not when a revocation was begun or the key was
    /// deleted since: then it is restored anew.
    /// </summary>
    /// <param name="begun">The restore that has not ended.</param>
    /// <param name="revocation">The last revocation; null when there was none.</param>
    /// <param name="life">What the vault has now.</param>
    public static bool GoesOnWith(OrchestrationStatus begun, OrchestrationStatus? revocation, KeyLife life)
    {
        ArgumentNullException.ThrowIfNull(begun);
        ArgumentNullException.ThrowIfNull(life);
        return !(life.NewestOrder is { GivesBack: false } newest && newest.On > begun.CreatedOn)
            && !(revocation is { IsEnded: false } && revocation.CreatedOn >= begun.CreatedOn)
            && !(life.Deleted?.DeletedOn > begun.CreatedOn);
    }
}

/// <summary>A key that was given back, and the proof that the vault unwraps with it.</summary>
/// <param name="Versions">The versions that are usable again.</param>
/// <param name="Missing">Thumbprints of its master keys that neither vault nor HSM has.</param>
/// <param name="Branches">Pinned branches whose keys the vault unwrapped as proof.</param>
/// <param name="UnreadableBranches">Pinned branches whose keys no version that is there unwraps by their records.</param>
/// <param name="ArePinsRecorded">Whether the pins were gone from the vault and come from the operation's own record, the ledger.</param>
public sealed record RestoreKeyResult(
    string KeyName, Revocation Found, IReadOnlyList<KeyIdentifier> Versions, IReadOnlyList<string> Missing, IReadOnlyList<BranchName> Branches,
    IReadOnlyList<BranchName> UnreadableBranches, bool ArePinsRecorded);

/// <summary>In what way a key is revoked.</summary>
public enum Revocation
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Its versions are disabled, some of them at least.</summary>
    Disabled,

    /// <summary>It is deleted and can be recovered.</summary>
    Deleted,

    /// <summary>It is destroyed; only the HSM has it.</summary>
    Purged,
}

/// <summary>Where a restore stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
public sealed record RestoreKeyProgress(string Stage);
