using System.Globalization;
using System.Net;
using System.Text;
using Byok.Core.Text;

namespace Byok.Pipeline.AuditKeys.Report;

/// <summary>
/// An audit's report as one self-contained HTML page: no script, no external resource, light and dark by the reader's setting, and printable.
/// Everything that comes from outside (names of blobs and keys, messages) is encoded.
/// </summary>
public static class ReportPage
{
    /// <summary>Renders the page.</summary>
    public static string Render(AuditReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Key audit {report.StartedOn:yyyy-MM-dd HH:mm} UTC, {Encode(report.Vault)}</title>
            <style>{ReportStyle.Css}</style>
            </head>
            <body>
            <main>
            <header>
            <h1>Key audit</h1>
            <p class="quiet">{Encode(report.Vault)} &middot; {report.StartedOn:d MMMM yyyy, HH:mm} UTC</p>
            </header>

            """);
        AppendVerdict(page, report);
        page.Append("<section><h2>How the data is protected</h2>\n").Append(HierarchyDrawing.Render(report)).Append("</section>\n");
        page.Append("<section><h2>Blobs by branch</h2>\n").Append(CoverageChart.Render(report)).Append("</section>\n");
        FindingSections.Append(page, report);
        AppendHistory(page, report);
        page.Append(CultureInfo.InvariantCulture, $"""
            <footer>
            <p>Report {Encode(report.Name)}, operation {Encode(report.OperationId)}, took {(report.EndedOn - report.StartedOn).TotalSeconds:0} s.
            Every header was verified under its blob's own key, or the blob is among the findings; the data of {Count(report.ScrubbedBlobs, "blob")} was read and verified whole.
            Every envelope was compared with the ledger. That tells yours from those of anybody who cannot unwrap its key; of who can, it proves nothing about the content.</p>
            </footer>
            </main>
            </body>
            </html>

            """);
        return page.ToString();
    }

    internal static string Encode(string? text) => WebUtility.HtmlEncode(PrintableText.Escape(text ?? string.Empty));

    internal static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    internal static string Count(long count, string noun) => $"{Number(count)} {noun}{(count == 1 ? string.Empty : "s")}";

    internal static string Shorten(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");

    private static void AppendVerdict(StringBuilder page, AuditReport report)
    {
        var (sign, heading, sentence) = report.Verdict switch
        {
            Verdict.Danger => ("!", "Act now", $"{Count(report.Criticals, "critical finding")}: data is unreadable, altered, or not protected as promised."),
            Verdict.Attention => ("i", "Needs attention", $"{Count(report.Warnings, "warning")}. The protected blobs are readable, and nothing altered was found."),
            _ => ("✓", "All is well", "Every blob is encrypted under a key that your HSM holds, and nothing altered was found."),
        };
        page.Append(CultureInfo.InvariantCulture, $"""
            <section class="verdict {report.Verdict.ToString().ToLowerInvariant()}">
            <div class="sign" aria-hidden="true">{sign}</div>
            <div><h2>{heading}</h2><p>{sentence}</p></div>
            </section>
            <dl class="figures">
            <div><dt>Critical</dt><dd>{Number(report.Criticals)}</dd></div>
            <div><dt>Warnings</dt><dd>{Number(report.Warnings)}</dd></div>
            <div><dt>Protected blobs</dt><dd>{Number(report.Blobs)}</dd></div>
            <div><dt>Plaintext they hold</dt><dd>{Size(report.PlaintextBytes)}</dd></div>
            <div><dt>Ledger</dt><dd>{(report.Ledger.IsIntact ? "intact" : "broken")}<small class="below">{Count(report.Ledger.Entries, "entry").Replace("entrys", "entries", StringComparison.Ordinal)}</small></dd></div>
            </dl>

            """);
    }

    private static void AppendHistory(StringBuilder page, AuditReport report)
    {
        page.Append("<section><h2>Earlier audits</h2>\n");
        if (report.History.Count == 0)
        {
            page.Append("<p class=\"quiet\">This is the first one.</p>\n</section>\n");
            return;
        }

        page.Append("<table><thead><tr><th>When (UTC)</th><th>Verdict</th><th class=\"n\">Critical</th><th class=\"n\">Warnings</th><th class=\"n\">Blobs</th></tr></thead><tbody>\n");
        AppendHistoryRow(page, "this audit", report.Verdict, report.Criticals, report.Warnings, report.Blobs);
        foreach (var audit in report.History)
        {
            AppendHistoryRow(page, audit.StartedOn.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), audit.Verdict, audit.Criticals, audit.Warnings, audit.Blobs);
        }

        page.Append("</tbody></table>\n</section>\n");
    }

    private static void AppendHistoryRow(StringBuilder page, string when, Verdict verdict, long criticals, long warnings, long blobs)
    {
        var words = verdict switch { Verdict.Danger => "Act now", Verdict.Attention => "Needs attention", _ => "All is well" };
        page.Append(CultureInfo.InvariantCulture, $"<tr><td>{when}</td><td><span class=\"dot {verdict.ToString().ToLowerInvariant()}\"></span>{words}</td><td class=\"n\">{Number(criticals)}</td><td class=\"n\">{Number(warnings)}</td><td class=\"n\">{Number(blobs)}</td></tr>\n");
    }

    private static string Size(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#}<small>{units[unit]}</small>");
    }
}
