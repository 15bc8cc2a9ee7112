using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>Disables one key version: one that failed its proof, or a retired one that nothing needs any more. No restore enables either.</summary>
public sealed class DisableKeyVersion(IKeyVault vault, ILedger ledger) : Activity<DisableKeyVersionInput, bool>
{
    public const string Name = "DisableKeyVersion";

    /// <inheritdoc/>
    /// <returns>False when the version is in use, and stays so.</returns>
    public override async Task<bool> RunAsync(DisableKeyVersionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var key = await vault.GetKeyAsync(input.KeyId.Name, input.KeyId.Version, cancellationToken).ConfigureAwait(false);
        if (WrappingKeyPolicy.IsActive(key))
        {
            return false; // It was proved, and something failed afterwards: blobs may be under it.
        }

        var tags = new Dictionary<string, string>(key.Tags);
        if (WrappingKeyPolicy.IsRetired(key))
        {
            tags[KeyTags.State] = KeyTags.Replaced;
        }

        await vault.UpdateKeyAsync(key.Id, new KeyAttributes { Enabled = false, Tags = tags }, cancellationToken).ConfigureAwait(false);
        await ledger.AppendAsync(LedgerEvents.KeyDisabled(input.OperationId, input.KeyId), cancellationToken).ConfigureAwait(false);
        return true;
    }
}

public sealed record DisableKeyVersionInput(KeyIdentifier KeyId, string OperationId);
