using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Disables replaced versions that nothing needs: every pinned branch has to be unwrapped, now and by its record, under another enabled version. One that fails this
/// stays enabled.
/// </summary>
public sealed class DisableOldVersions(IKeyVault vault, BranchKeeper branches, ILedger ledger) : Activity<DisableOldInput, DisabledVersions>
{
    public const string Name = "DisableOldVersions";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">The key was revoked since the rotation began.</exception>
    public override async Task<DisabledVersions> RunAsync(DisableOldInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (disabled, kept) = (new List<KeyIdentifier>(), new List<KeptVersion>());
        foreach (var old in input.Versions)
        {
            var life = await vault.ReadLifeWithPublicKeysAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
            life.Require(KeyOperation.Protect);
            if (await FindNeedAsync(life, old, cancellationToken).ConfigureAwait(false) is { } reason)
            {
                kept.Add(new KeptVersion(old, reason));
                continue;
            }

            var written = await vault.WriteTagsAsync(
                old,
                version => version.Tags.GetValueOrDefault(KeyTags.State) == KeyTags.Active ? null : new Dictionary<string, string?> { [KeyTags.State] = KeyTags.Replaced },
                new KeyAttributes { Enabled = false },
                cancellationToken).ConfigureAwait(false);
            if (written is null)
            {
                kept.Add(new KeptVersion(old, "it was put to use again"));
                continue;
            }

            await ledger.AppendAsync(LedgerEvents.KeyDisabled(input.OperationId, old), cancellationToken).ConfigureAwait(false);
            disabled.Add(old);
        }

        return new DisabledVersions(disabled, kept);
    }

    /// <returns>Why the version is needed; null when it is not.</returns>
    private async Task<string?> FindNeedAsync(KeyLife life, KeyIdentifier old, CancellationToken cancellationToken)
    {
        var others = life with { Versions = [.. life.Versions.Where(version => version.Id != old && (version.Enabled || !WrappingKeyPolicy.IsInUse(version)))] };
        foreach (var branch in BranchPins.Of(life).All)
        {
            try
            {
                using var key = await branches.OpenAsync(others, branch, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is KeyUnavailableException or IntegrityException)
            {
                return exception.Message;
            }
        }

        return null;
    }
}

/// <summary>Which versions to disable.</summary>
public sealed record DisableOldInput(string OperationId, string KeyName, IReadOnlyList<KeyIdentifier> Versions);

/// <summary>What became of them.</summary>
public sealed record DisabledVersions(IReadOnlyList<KeyIdentifier> Disabled, IReadOnlyList<KeptVersion> Kept);

/// <summary>A replaced version that stays enabled, and why.</summary>
public sealed record KeptVersion(KeyIdentifier Id, string Reason);
