using Byok.Core.Errors;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.AuditKeys.Report;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Writes the report, in JSON and as a page, and records in the ledger that there was an audit.</summary>
public sealed class PublishAudit(AuditArchive archive, ILedger ledger) : Activity<PublishInput, AuditKeysResult>
{
    public const string Name = "PublishAudit";

    public override async Task<AuditKeysResult> RunAsync(PublishInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var name = AuditArchive.NameFor(input.State.StartedOn);
        var history = (await archive.ListAsync(cancellationToken).ConfigureAwait(false)).Where(audit => audit.Name != name).ToList();
        var report = Compose(input, name, history);
        await archive.PutAsync(report, ReportPage.Render(report), cancellationToken).ConfigureAwait(false);
        await RecordAsync(input, report, cancellationToken).ConfigureAwait(false);
        return new AuditKeysResult(report.Verdict, report.Criticals, report.Warnings, report.Notices, report.Blobs, name);
    }

    private async Task RecordAsync(PublishInput input, AuditReport report, CancellationToken cancellationToken)
    {
        try
        {
            await ledger.AppendAsync(
                LedgerEvents.AuditCompleted(input.OperationId, report.Name, report.Criticals, report.Warnings, report.Blobs),
                cancellationToken).ConfigureAwait(false);
        }
        catch (IntegrityException) when (!input.Ledger.IsIntact)
        {
            // A ledger that is broken at its end takes no more entries. The report says so; it must reach its reader.
        }
    }

    private static AuditReport Compose(PublishInput input, string name, IReadOnlyList<PastAudit> history)
    {
        var state = input.State;
        var findings = state.Findings;
        var (criticals, warnings) = (findings.Count(Severity.Critical), findings.Count(Severity.Warning));
        return new AuditReport
        {
            Name = name,
            OperationId = input.OperationId,
            StartedOn = state.StartedOn,
            EndedOn = input.EndedOn,
            Vault = state.Vault,
            Verdict = criticals > 0 ? Verdict.Danger : warnings > 0 ? Verdict.Attention : Verdict.Healthy,
            Criticals = criticals,
            Warnings = warnings,
            Notices = findings.Count(Severity.Notice),
            Blobs = state.Blobs,
            PlaintextBytes = state.PlaintextBytes,
            ScrubbedBlobs = state.ScrubbedBlobs,
            Keys = state.Keys,
            Coverage = state.Coverage,
            FindingCounts = findings.Counts,
            Findings = [.. findings.Listed.OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Code, StringComparer.Ordinal)],
            Ledger = input.Ledger,
            History = history,
        };
    }
}

/// <summary>What to report.</summary>
/// <param name="State">What the audit found.</param>
/// <param name="Ledger">What it found of the ledger.</param>
public sealed record PublishInput(string OperationId, AuditState State, AuditLedgerResult Ledger, DateTimeOffset EndedOn);
