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
        var order = input.Details.GetValueOrDefault("order") is { } number and not "1" ? number : null;
        await ledger.AppendAsync(
            LedgerEvent.Of(input.OperationId, input.Kind, input.KeyName, part: order) with { Details = input.Details }, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
