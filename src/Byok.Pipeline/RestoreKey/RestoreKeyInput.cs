using Byok.Core.Keys;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.RestoreKey;

public sealed record RestoreKeyInput
{
    /// <summary>Name of the wrapping key in the vault.</summary>
    public required string KeyName { get; init; }

    /// <summary>
    /// Whether blobs that name a version which is gone for good are rewrapped to the one that was brought instead. They are readable without.
    /// </summary>
    public bool Rewrap { get; init; }

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
/// <param name="Missing">Thumbprints that blobs name and neither vault nor HSM has; their blobs stay unreadable.</param>
/// <param name="ProbedBlob">The protected blob whose DEK was unwrapped as proof; null when the key protects none.</param>
/// <param name="RewrapAdvised">Whether blobs name version ids that are gone, and should be rewrapped.</param>
/// <param name="Rewrapped">Blobs that were rewrapped.</param>
public sealed record RestoreKeyResult(
    string KeyName, Revocation Found, IReadOnlyList<KeyIdentifier> Versions, IReadOnlyList<string> Missing, string? ProbedBlob,
    bool RewrapAdvised, long Rewrapped);

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
