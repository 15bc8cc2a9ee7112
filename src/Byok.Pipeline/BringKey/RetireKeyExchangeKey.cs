using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>Disables and deletes a one-shot KEK: a transfer blob can be imported again for as long as its KEK lives.</summary>
public sealed class RetireKeyExchangeKey(IKeyVault vault, ILedger ledger) : Activity<RetireKeyExchangeKeyInput, bool>
{
    public const string Name = "RetireKeyExchangeKey";

    public override async Task<bool> RunAsync(RetireKeyExchangeKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            await vault.UpdateKeyAsync(input.KekId, new KeyAttributes { Enabled = false }, cancellationToken).ConfigureAwait(false);
            await vault.DeleteKeyAsync(input.KekId.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            // An earlier run of this activity deleted it.
        }

        await ledger.AppendAsync(LedgerEvents.KekRetired(input.OperationId, input.KekId), cancellationToken).ConfigureAwait(false);
        return true;
    }
}

public sealed record RetireKeyExchangeKeyInput(KeyIdentifier KekId, string OperationId);
