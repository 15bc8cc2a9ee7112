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
            foreach (var id in input.Versions)
            {
                var version = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
                var tags = new Dictionary<string, string>(version.Tags) { [KeyTags.Revoked] = input.OperationId };
                await vault.UpdateKeyAsync(id, new KeyAttributes { Enabled = false, Tags = tags }, cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            await DeleteAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        }

        keys.Forget();
        deks.Forget();
        return orderedOn;
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
