using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Tells the vault. Versions are marked with the operation that disabled them, so that a restore enables these and no others. Nothing but the vault can keep it from its work: the ledger comes afterwards.</summary>
public sealed class OrderRevocation(IKeyVault vault, WrappingKeyRing keys, DekCache deks, TimeProvider time) : Activity<OrderInput, RevocationOrder>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "OrderRevocation";

    /// <inheritdoc/>
    public override async Task<RevocationOrder> RunAsync(OrderInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var orderedOn = time.GetUtcNow();
        var versions = input.Versions;
        if (input.Mode == RevocationMode.Disable)
        {
            versions = await DisableAsync(input, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await DeleteAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        }

        keys.Forget();
        deks.Forget();
        return new RevocationOrder(orderedOn, versions);
    }

    /// <summary>
    /// Looks again after the marks are set: a rotation may have brought a version since the probes were prepared. One that is brought later finds
    /// the marks, and revokes its version itself.
    /// </summary>
    /// <returns>All versions that were taken away, by this run or, marked, by one that died.</returns>
    private async Task<IReadOnlyList<KeyIdentifier>> DisableAsync(OrderInput input, CancellationToken cancellationToken)
    {
        var told = new HashSet<KeyIdentifier>();
        var versions = input.Versions;
        while (true)
        {
            foreach (var id in versions)
            {
                var version = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
                var tags = new Dictionary<string, string>(version.Tags) { [KeyTags.Revoked] = input.OperationId };
                await vault.UpdateKeyAsync(id, new KeyAttributes { Enabled = false, Tags = tags }, cancellationToken).ConfigureAwait(false);
                told.Add(id);
            }

            var found = await vault.ListKeyVersionsAsync(input.KeyName, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
            versions = [.. found.Where(version => version.Enabled && !told.Contains(version.Id)).Select(version => version.Id)];
            if (versions.Count == 0)
            {
                return [.. found
                    .Where(version => told.Contains(version.Id) || version.Tags.GetValueOrDefault(KeyTags.Revoked) == input.OperationId)
                    .Select(version => version.Id)];
            }
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
