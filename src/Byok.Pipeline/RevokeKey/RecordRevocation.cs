using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Writes to the ledger what became of a revocation: that it was ordered, then that the vault refuses, and how long that took.</summary>
public sealed class RecordRevocation(ILedger ledger) : Activity<RecordRevocationInput, bool>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "RecordRevocation";

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(RecordRevocationInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await ledger.AppendAsync(
            new LedgerEvent
            {
                EventId = $"{input.OperationId}/{input.Kind}",
                Kind = input.Kind,
                Subject = input.KeyName,
                CorrelationId = input.OperationId,
                Details = input.Details,
            },
            cancellationToken).ConfigureAwait(false);
        return true;
    }
}
