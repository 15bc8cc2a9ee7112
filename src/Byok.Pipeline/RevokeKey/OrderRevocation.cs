using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Tells the vault. Versions are marked with the operation that disabled them, so that a restore enables these and no others.</summary>
public sealed class OrderRevocation(IKeyVault vault, WrappingKeyRing keys, DekCache deks, ILedger ledger, TimeProvider time) : Activity<OrderInput, DateTimeOffset>
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
        await ledger.AppendAsync(
            new LedgerEvent
            {
                EventId = $"{input.OperationId}/key.revocation.ordered",
                Kind = "key.revocation.ordered",
                Subject = input.KeyName,
                CorrelationId = input.OperationId,
                Details = new Dictionary<string, string>
                {
                    ["mode"] = input.Mode == RevocationMode.Delete ? "delete" : "disable",
                    ["versions"] = string.Join(' ', input.Versions.Select(version => version.Version)),
                },
            },
            cancellationToken).ConfigureAwait(false);
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

/// <summary>What to tell the vault.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="KeyName">The key.</param>
/// <param name="Mode">How it is taken away.</param>
/// <param name="Versions">Its enabled versions.</param>
public sealed record OrderInput(string OperationId, string KeyName, RevocationMode Mode, IReadOnlyList<KeyIdentifier> Versions);
