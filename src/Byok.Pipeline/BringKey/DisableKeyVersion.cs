using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>Disables a key version that failed its proof. No restore enables it.</summary>
public sealed class DisableKeyVersion(IKeyVault vault, ILedger ledger) : Activity<DisableKeyVersionInput, bool>
{
    public const string Name = "DisableKeyVersion";

    /// <inheritdoc/>
    /// <returns>False when the version is in use, and stays so.</returns>
    public override async Task<bool> RunAsync(DisableKeyVersionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var written = await vault.WriteTagsAsync(
            input.KeyId,
            version => WrappingKeyPolicy.IsInUse(version) ? null : new Dictionary<string, string?>(),
            new KeyAttributes { Enabled = false },
            cancellationToken).ConfigureAwait(false);
        if (written is null)
        {
            return false; // It was proved, and something failed afterwards: branches may be wrapped by it.
        }

        await ledger.AppendAsync(LedgerEvents.KeyDisabled(input.OperationId, input.KeyId), cancellationToken).ConfigureAwait(false);
        return true;
    }
}

public sealed record DisableKeyVersionInput(KeyIdentifier KeyId, string OperationId);
