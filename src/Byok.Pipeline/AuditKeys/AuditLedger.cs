using System.Globalization;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Verifies the ledger's chain, and that it continues the one that the last audit saw: a chain alone does not show that its end is missing.</summary>
public sealed class AuditLedger(ILedger ledger, AuditArchive archive) : Activity<object?, AuditLedgerResult>
{
    public const string Name = "AuditLedger";

    public override async Task<AuditLedgerResult> RunAsync(object? input, CancellationToken cancellationToken)
    {
        var seen = (await archive.ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(audit => audit.LedgerEntries > 0);
        var (entries, hash, hashThen) = (0L, string.Empty, (string?)null);
        Finding? finding = null;
        try
        {
            await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                (entries, hash) = (entry.Sequence, entry.Hash);
                hashThen = entry.Sequence == seen?.LedgerEntries ? entry.Hash : hashThen;
            }

            if (seen is not null && hashThen != seen.LedgerHash)
            {
                finding = FindingKinds.LedgerCut.On(
                    "ledger", string.Create(CultureInfo.InvariantCulture, $"the audit of {seen.StartedOn:yyyy-MM-dd HH:mm} UTC saw {seen.LedgerEntries} entries; now there are {entries}"));
            }
        }
        catch (IntegrityException exception)
        {
            finding = FindingKinds.LedgerBroken.On("ledger", exception.Message);
        }

        return new AuditLedgerResult(entries, hash, finding is null, FindingTally.Of(finding is null ? [] : [finding]));
    }
}

/// <summary>What the ledger holds.</summary>
/// <param name="Entries">Entries whose chain was verified.</param>
/// <param name="IsIntact">Whether the whole chain holds.</param>
/// <param name="Findings">What is not as it should be.</param>
public sealed record AuditLedgerResult(long Entries, string LastHash, bool IsIntact, FindingTally Findings);
