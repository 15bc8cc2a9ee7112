using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RestoreKey;

/// <summary>
/// Recovers a deleted key, and enables all that was in use, each version marked in the same write, so that a revocation which is still alive sees that
/// it was a restore. Versions that a rotation has put out of use stay disabled.
/// </summary>
public sealed class ReinstateKey(IKeyVault vault, PinWriter pinWriter, OperationClaims claims, ILedger ledger, TimeProvider time) : Activity<ReinstateKeyInput, Reinstated>
{
    public const string Name = "ReinstateKey";

    /// <inheritdoc/>
    /// <returns>The versions that are usable again, the current one last, and whether their pins had to come from the ledger.</returns>
    /// <exception cref="KeyUnavailableException">Neither vault nor ledger tells which branches are pinned.</exception>
    /// <exception cref="OverruledException">The key was revoked since the restore was asked for.</exception>
    public override async Task<Reinstated> RunAsync(ReinstateKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        List<VaultKey> usable;
        try
        {
            usable = await GiveBackAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException exception)
        {
            throw new ServiceUnavailableException($"The key '{input.KeyName}' was deleted or recovered at the same moment by another operation.", exception);
        }

        if (usable.Count == 0)
        {
            throw new KeyStateException($"The key '{input.KeyName}' has no verified version to enable; bring it again.");
        }

        var ids = usable
            .OrderBy(WrappingKeyPolicy.IsActive)
            .ThenBy(version => version.CreatedOn)
            .Select(version => version.Id)
            .ToList();
        foreach (var id in ids)
        {
            await RecordAsync(input, id, cancellationToken).ConfigureAwait(false);
        }

        return new Reinstated(ids, await RepairPinsAsync(input, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Writes pins that the vault lost anew, as the ledger knows them; never a branch that was retired.</summary>
    /// <returns>Whether that was needed, now or in an earlier run.</returns>
    private async Task<bool> RepairPinsAsync(ReinstateKeyInput input, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        if (RestoreOrders.HasPins(life))
        {
            return false;
        }

        await claims.ClaimAsync(input.KeyName, input.OperationId, cancellationToken).ConfigureAwait(false);
        try
        {
            var pins = await RecordedBranches.FindLastAsync(ledger, input.KeyName, cancellationToken).ConfigureAwait(false)
                ?? throw new KeyUnavailableException($"Neither the vault nor the ledger tells which branches of '{input.KeyName}' are pinned; its versions are enabled, and its blobs stay refused.");
            foreach (var version in life.Versions.Where(version => WrappingKeyPolicy.IsProved(version) && !RestoreOrders.HasReadableActivation(version)))
            {
                await vault.WriteTagsAsync(version.Id, _ => new Dictionary<string, string?> { [KeyTags.Activation] = null }, new KeyAttributes(), cancellationToken).ConfigureAwait(false);
            }

            life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
            await pinWriter.WriteAsync(life, pins, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            await ledger.AppendAsync(LedgerEvents.PinsRestored(input.OperationId, pins), cancellationToken).ConfigureAwait(false);
            return true;
        }
        finally
        {
            await claims.ReleaseAsync(input.KeyName, input.OperationId, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<List<VaultKey>> GiveBackAsync(ReinstateKeyInput input, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        RestoreOrders.RequireNewest(life, input.Order);
        if (life.Deleted is not null)
        {
            await vault.RecoverDeletedKeyAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
            life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
            RestoreOrders.RequireNewest(life, input.Order);
        }

        var usable = new List<VaultKey>();
        foreach (var listed in life.Versions.Where(WrappingKeyPolicy.IsInUse))
        {
            var version = await vault.GetKeyAsync(listed.Id.Name, listed.Id.Version, cancellationToken).ConfigureAwait(false);
            if (WrappingKeyPolicy.IsInUse(version))
            {
                await EnableAsync(version, input.Order, cancellationToken).ConfigureAwait(false);
                usable.Add(version);
            }
        }

        return usable;
    }

    /// <summary>A newer revocation that came in between keeps what it took; the proof finds it.</summary>
    private async Task EnableAsync(VaultKey version, KeyOrder order, CancellationToken cancellationToken)
    {
        try
        {
            await vault.OrderAsync(version.Id, order, new KeyAttributes { Enabled = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (VaultException)
        {
            // No room for a tag keeps nobody from his data.
            await vault.UpdateKeyAsync(version.Id, new KeyAttributes { Enabled = true }, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task RecordAsync(ReinstateKeyInput input, KeyIdentifier id, CancellationToken cancellationToken) =>
        ledger.AppendAsync(LedgerEvents.KeyEnabled(input.OperationId, id), cancellationToken);
}

/// <summary>Which key to reinstate.</summary>
/// <param name="Order">The order that marks what is given back.</param>
public sealed record ReinstateKeyInput(string OperationId, string KeyName, KeyOrder Order);

/// <summary>What was given back.</summary>
public sealed record Reinstated(IReadOnlyList<KeyIdentifier> Versions, bool ArePinsRecorded);
