using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Writes to the ledger what became of a revocation: each order, then that the vault refuses, and how long that took, or that the key was restored meanwhile.</summary>
public sealed class RecordRevocation(ILedger ledger) : Activity<RecordRevocationInput, bool>
{
    public const string Name = "RecordRevocation";

    public override async Task<bool> RunAsync(RecordRevocationInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await ledger.AppendAsync(LedgerEvents.Revocation(input.Kind, input.OperationId, input.KeyName, input.Details), cancellationToken).ConfigureAwait(false);
        return true;
    }
}
