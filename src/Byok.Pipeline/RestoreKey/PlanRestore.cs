using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;

namespace Byok.Pipeline.RestoreKey;

/// <summary>Finds out in what way a key is revoked, and for a purged one, which master keys of the HSM bring it back. Changes nothing.</summary>
public sealed class PlanRestore(IKeyVault vault, IHsm hsm, BranchKeeper branches, ILedger ledger, TimeProvider time) : Activity<PlanRestoreInput, PlanRestoreResult>
{
    public const string Name = "PlanRestore";

    /// <summary>Most master keys that one wrapping key is brought back from.</summary>
    private const int MaxKeys = 16;

    /// <inheritdoc/>
    /// <exception cref="ConflictException">The key is not revoked.</exception>
    /// <exception cref="OverruledException">The key was revoked since the restore was asked for.</exception>
    /// <exception cref="KeyUnavailableException">No such key was ever there.</exception>
    /// <exception cref="HsmKeyNotFoundException">The key is purged, and the HSM does not have it either.</exception>
    public override async Task<PlanRestoreResult> RunAsync(PlanRestoreInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        var order = new KeyOrder(KeyOrderKind.Restoring, input.OrderedOn ?? life.NextOrderOn(time.GetUtcNow()), input.OperationId);
        RestoreOrders.RequireNewest(life, order);
        var isThere = life.Versions.Any(WrappingKeyPolicy.IsInUse);
        if (!isThere || RestoreOrders.HasPins(life))
        {
            life.Require(KeyOperation.Restore); // A key in use whose pins are gone is restored, too: nothing of it can be read.
        }

        var state = isThere ? Revocation.Disabled : life.State == KeyState.Deleted ? Revocation.Deleted : Revocation.Purged;

        // A restore that was cut off may have brought some of a purged key's master keys, and not the others.
        return state == Revocation.Purged || life.State == KeyState.Restoring
            ? await PlanBringAsync(life, order, state, cancellationToken).ConfigureAwait(false)
            : new PlanRestoreResult(state, [], [], order);
    }

    private async Task<PlanRestoreResult> PlanBringAsync(KeyLife life, KeyOrder order, Revocation state, CancellationToken cancellationToken)
    {
        var wanted = await FindThumbprintsAsync(life.Name, cancellationToken).ConfigureAwait(false);
        foreach (var version in life.Versions.Where(WrappingKeyPolicy.IsInUse))
        {
            var key = version.PublicKey is null ? await vault.GetKeyAsync(version.Id.Name, version.Id.Version, cancellationToken).ConfigureAwait(false) : version;
            wanted.Remove(key.PublicKey?.Thumbprint ?? string.Empty);
        }

        if (wanted.Count == 0)
        {
            return state != Revocation.Purged
                ? new PlanRestoreResult(state, [], [], order)
                : throw new KeyUnavailableException($"Neither the vault nor the ledger knows a key '{life.Name}'; 'key bring' brings a new one.");
        }

        var present = await hsm.ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
        var toBring = wanted
            .Select(thumbprint => present.FirstOrDefault(key => key.PublicKey.Thumbprint == thumbprint))
            .OfType<MasterKey>()
            .Select(key => new MasterKeyToBring(key.Label, key.PublicKey.Thumbprint))
            .ToList();
        var missing = wanted.Except(toBring.Select(key => key.Thumbprint)).ToList();
        return toBring.Count > 0 || state != Revocation.Purged
            ? new PlanRestoreResult(toBring.Count > 0 ? Revocation.Purged : state, toBring, missing, order)
            : throw new HsmKeyNotFoundException(
                $"The key '{life.Name}' was destroyed in the vault, and the HSM holds no master key with its thumbprint ({string.Join(", ", missing)}); restore the HSM from its backup first. Nothing was changed.");
    }

    /// <summary>
    /// The thumbprints of the master keys that the key needs, the current one last. One is enough when the records say that it wraps every pinned branch, as it does
    /// after a rotation that ended.
    /// </summary>
    private async Task<List<string>> FindThumbprintsAsync(string keyName, CancellationToken cancellationToken)
    {
        var recorded = new List<string>();
        await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (LedgerReading.TryReadActivated(entry.Event, out var id, out var thumbprint) && id.Name == keyName)
            {
                recorded.Remove(thumbprint);
                recorded.Add(thumbprint);
            }
        }

        var needed = new HashSet<string>(recorded.TakeLast(1));
        foreach (var branch in (await RecordedBranches.FindLastAsync(ledger, keyName, cancellationToken).ConfigureAwait(false))?.All ?? [])
        {
            var record = await branches.FindRecordAsync(keyName, branch, cancellationToken).ConfigureAwait(false);
            var wraps = record?.Wrappings.Select(wrapping => wrapping.KeyThumbprint).ToHashSet();
            if (wraps?.Overlaps(needed) != true)
            {
                needed.UnionWith(recorded.Where(thumbprint => wraps?.Contains(thumbprint) != false)); // without a record any of them may have
            }
        }

        return [.. recorded.Where(needed.Contains).TakeLast(MaxKeys)];
    }
}

/// <summary>Which key to give back.</summary>
/// <param name="OrderedOn">When it was asked for; null for now.</param>
public sealed record PlanRestoreInput(string OperationId, string KeyName, DateTimeOffset? OrderedOn);

/// <summary>How a key comes back.</summary>
/// <param name="State">In what way it is revoked.</param>
/// <param name="ToBring">After a purge, the master keys to bring again, the current one last.</param>
/// <param name="Missing">After a purge, thumbprints that the HSM does not have.</param>
/// <param name="Order">The order that marks what is given back.</param>
public sealed record PlanRestoreResult(Revocation State, IReadOnlyList<MasterKeyToBring> ToBring, IReadOnlyList<string> Missing, KeyOrder Order);

/// <summary>A master key to bring again.</summary>
/// <param name="Label">Its label in the HSM.</param>
public sealed record MasterKeyToBring(string Label, string Thumbprint);
