using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RotateKey;

/// <summary>Writes to the ledger that a whole pass found nothing left to move.</summary>
public sealed class RecordProof(ILedger ledger) : Activity<RecordProofInput, bool>
{
    public const string Name = "RecordProof";

    public override async Task<bool> RunAsync(RecordProofInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await ledger.AppendAsync(LedgerEvents.RotationProved(input.OperationId, input.TargetId, input.Pass, input.Scanned, input.Moved, input.Left), cancellationToken).ConfigureAwait(false);
        return true;
    }
}

/// <summary>What was proved.</summary>
/// <param name="TargetId">The version that all blobs are on.</param>
/// <param name="Pass">The pass that proved it.</param>
/// <param name="Scanned">Blobs that the pass looked at.</param>
/// <param name="Moved">Blobs that were moved by all passes.</param>
/// <param name="Left">Blobs that could not be moved.</param>
public sealed record RecordProofInput(string OperationId, KeyIdentifier TargetId, int Pass, long Scanned, long Moved, long Left);
