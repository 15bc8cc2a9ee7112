using System.Globalization;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Writes to the ledger that the vault refuses, and how long that took.</summary>
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
                EventId = $"{input.OperationId}/key.revoked",
                Kind = "key.revoked",
                Subject = input.KeyName,
                CorrelationId = input.OperationId,
                Details = new Dictionary<string, string>
                {
                    ["mode"] = input.Mode == RevocationMode.Delete ? "delete" : "disable",
                    ["lastUnwrapAfterSeconds"] = input.LastUnwrapAfterSeconds is { } last ? Seconds(last) : "none",
                    ["refusedAfterSeconds"] = Seconds(input.RefusedAfterSeconds),
                    ["probes"] = $"{input.Probes}",
                },
            },
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);
}

/// <summary>What to record.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="KeyName">The key.</param>
/// <param name="Mode">How it was taken away.</param>
/// <param name="LastUnwrapAfterSeconds">How long after the order the last unwrap succeeded; null when none did.</param>
/// <param name="RefusedAfterSeconds">How long after the order the vault was first seen to refuse for good.</param>
/// <param name="Probes">Unwraps that were tried.</param>
public sealed record RecordRevocationInput(
    string OperationId, string KeyName, RevocationMode Mode, double? LastUnwrapAfterSeconds, double RefusedAfterSeconds, int Probes);
