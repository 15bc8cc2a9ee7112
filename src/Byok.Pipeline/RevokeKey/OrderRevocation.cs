using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Tells the vault. Versions are marked with the operation that disabled them, so that a restore enables these and no others. Nothing but the vault can keep it from its work: the ledger comes afterwards.</summary>
public sealed class OrderRevocation(IKeyVault vault, WrappingKeyRing keys, DekCache deks, TimeProvider time) : Activity<OrderInput, DateTimeOffset>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "OrderRevocation";

    /// <inheritdoc/>
    /// <returns>When the vault was told: the moment before the first call to it.</returns>
    public override async Task<DateTimeOffset> RunAsync(OrderInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var orderedOn = time.GetUtcNow();
        if (input.Mode == RevocationMode.Disable)
        {
            await DisableAsync(input, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await DeleteAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        }

        keys.Forget();
        deks.Forget();
        return orderedOn;
    }

    /// <summary>
    /// Looks again after the marks are set: a rotation may have brought a version since the probes were prepared. One that is brought later finds
    /// the marks, and revokes its version itself.
    /// </summary>
    private async Task DisableAsync(OrderInput input, CancellationToken cancellationToken)
    {
        var told = new HashSet<KeyIdentifier>();
        var versions = input.Versions;
        while (versions.Count > 0)
        {
            foreach (var id in versions)
            {
                var version = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
                var tags = new Dictionary<string, string>(version.Tags) { [KeyTags.Revoked] = input.OperationId };
                await vault.UpdateKeyAsync(id, new KeyAttributes { Enabled = false, Tags = tags }, cancellationToken).ConfigureAwait(false);
                told.Add(id);
            }

            versions = await vault.ListKeyVersionsAsync(input.KeyName, cancellationToken)
                .Where(version => version.Enabled && !told.Contains(version.Id))
                .Select(version => version.Id)
                .ToListAsync(cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task DeleteAsync(string keyName, CancellationToken cancellationToken)
    {
        try
        {
            await vault.DeleteKeyAsync(keyName, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            // An earlier run of this activity deleted it.
        }
    }
}
