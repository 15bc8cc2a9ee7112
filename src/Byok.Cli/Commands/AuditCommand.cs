using System.CommandLine;
using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Pipeline.AuditKeys;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok audit</c>: keys, blobs, uploads and ledger; the report on the terminal, in JSON, and as a page.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var html = new Option<string?>("--html") { Description = "Write the report as one self-contained page to this file." };
        var scrub = new Option<int>("--scrub") { Description = "Read and verify the data of so many percent of the blobs, chosen at random.", DefaultValueFactory = _ => 1 };
        return new Command("audit", "Examine keys, blobs and ledger, and write a report. Exit code 0 whatever it finds: the verdict is in the report.") { html, scrub }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetValue(html), parsed.GetValue(scrub), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string? html, int scrub, Terminal terminal, CancellationToken cancellationToken)
    {
        if (scrub is < 0 or > 100)
        {
            throw new ArgumentException("--scrub is a share in percent, 0 to 100.");
        }

        if (html is not null && Directory.Exists(html))
        {
            throw new ArgumentException($"'{html}' is a folder; name a file.");
        }

        if (html is not null && (html.Length == 0 || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(html)))))
        {
            // Now, and not when the audit is done.
            throw new ConfigurationException($"'{html}' cannot be written: its folder does not exist.");
        }

        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var result = await ProgressLine.RunAsync(
            terminal,
            "audit",
            report => stack.RunAsync<AuditKeysResult>(
                AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = scrub }, OperationId.New(OperationVerb.Audit).ToString(), status => Report(status, report), cancellationToken)).ConfigureAwait(false);
        var report = await stack.Audits.ReadReportAsync(result.ReportName, cancellationToken).ConfigureAwait(false);
        if (html is not null)
        {
            await File.WriteAllTextAsync(html, await stack.Audits.ReadPageAsync(result.ReportName, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }

        terminal.Document(report);
        Draw(report, html, terminal);
        return ExitCodes.Done;
    }

    private static void Draw(AuditReport report, string? html, Terminal terminal)
    {
        var (colour, words) = report.Verdict switch
        {
            Verdict.Danger => ("red", "act now"),
            Verdict.Attention => ("yellow", "needs attention"),
            _ => ("green", "all is well"),
        };
        terminal.Draw(new Markup($"[bold {colour}]{words}[/]: {report.Criticals} critical, {report.Warnings} warnings, {Units.Count(report.Blobs, "protected blob")}, ledger {(report.Ledger.IsIntact ? "intact" : "broken")}\n"));
        if (report.Findings.Count > 0)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns("severity", "finding", "object", "what to do");
            foreach (var finding in report.Findings)
            {
                table.AddRow(
                    finding.Severity switch { Severity.Critical => "[red]critical[/]", Severity.Warning => "[yellow]warning[/]", _ => "notice" },
                    Terminal.Cell(FindingKinds.Of(finding.Code).Title),
                    Terminal.Cell(finding.Object),
                    Terminal.Cell(finding.WhatToDo));
            }

            terminal.Draw(table);
        }

        foreach (var (code, count) in report.FindingCounts.Where(pair => pair.Value > FindingTally.MaxListedPerCode))
        {
            terminal.Line($"{code}: {Units.Count(count, "finding")}, of which the first {FindingTally.MaxListedPerCode} are listed");
        }

        terminal.Line(html is null ? $"report {report.Name}; '--html FILE' writes it as a page" : $"report {report.Name}, written to {html}");
    }

    private static void Report(OrchestrationStatus status, Action<string, long, long> report)
    {
        if (status.CustomStatus?.Deserialize<AuditProgress>(OrchestrationJson.Options) is { } progress)
        {
            report(progress.Stage, progress.BlobsDone, progress.BlobsTotal);
        }
    }
}
