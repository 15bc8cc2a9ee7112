using System.Text.Json;
using Byok.Core.Keys;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Which key to take away, and how.</summary>
public sealed record RevokeKeyInput
{
    /// <summary>Name of the wrapping key in the vault. In a rehearsal it only names what is rehearsed: the key itself is not touched.</summary>
    public required string KeyName { get; init; }

    /// <summary>How the key is taken away. Default <see cref="RevocationMode.Disable"/>.</summary>
    public RevocationMode Mode { get; init; } = RevocationMode.Disable;

    /// <summary>Whether this is a rehearsal: on a canary key and a canary blob that are made for it and removed afterwards.</summary>
    public bool Rehearsal { get; init; }

    /// <summary>
    /// When it was asked for, as <see cref="KeyLife.NextOrderOn"/> says; null for when it begins. Of a revocation and a restore the one that was asked for later holds.
    /// </summary>
    public DateTimeOffset? OrderedOn { get; init; }

    /// <summary>
    /// Whether a revocation that has not ended is this one, begun by a command that was cut off, and is gone on with. It is not when a restore was begun
    /// since, or when it only disables and the key is to be deleted: then the order is given anew.
    /// </summary>
    /// <param name="begun">The revocation that has not ended.</param>
    /// <param name="restore">The last restore; null when there was none.</param>
    /// <param name="life">What the vault has now.</param>
    public bool GoesOnWith(OrchestrationStatus begun, OrchestrationStatus? restore, KeyLife life)
    {
        ArgumentNullException.ThrowIfNull(begun);
        ArgumentNullException.ThrowIfNull(life);
        return Rehearsal
            || (!(life.NewestOrder is { GivesBack: true } newest && newest.On > begun.CreatedOn)
                && !(restore is { IsEnded: false } && restore.CreatedOn >= begun.CreatedOn)
                && (Mode == RevocationMode.Disable || begun.CustomStatus?.Deserialize<RevokeKeyProgress>(OrchestrationJson.Options)?.Mode == RevocationMode.Delete));
    }
}

/// <summary>How a key is taken away.</summary>
public enum RevocationMode
{
    /// <summary>All its enabled versions are disabled.</summary>
    Disable,

    /// <summary>The key is deleted with all its versions; it stays recoverable.</summary>
    Delete,
}
