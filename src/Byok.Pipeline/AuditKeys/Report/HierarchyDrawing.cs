using System.Globalization;
using System.Text;
using Byok.Core.Branches;
using Byok.Core.Keys;
using static Byok.Pipeline.AuditKeys.Report.ReportPage;

namespace Byok.Pipeline.AuditKeys.Report;

/// <summary>The key hierarchy, drawn: from the master key in the HSM over each version in the vault and the branches that it wraps to the DEKs, BEKs and chunks below.</summary>
internal static class HierarchyDrawing
{
    private const int Width = 880;
    private const int BoxHeight = 64;
    private const int RowHeight = 84;
    private const int Top = 30;
    private const int MaxRows = 8;

    private static readonly (int X, int Width, string Heading)[] Columns =
    [
        (0, 200, "Your HSM: master key"), (230, 230, "Vault: wrapping key"), (490, 150, "Branch keys"), (670, 90, "DEKs"), (790, 90, "Chunks"),
    ];

    public static string Render(AuditReport report)
    {
        var rows = report.Keys
            .SelectMany(key => key.Versions.SelectMany(version => key.Branches
                .Where(branch => branch.ProvedUnder == version.Id)
                .Cast<AuditedBranch?>()
                .DefaultIfEmpty()
                .Select(branch => (Version: version, Branch: branch, Blobs: branch is null ? 0 : report.Coverage.GetValueOrDefault(BranchRecord.BlobNameOf(key.Name, branch.Branch))))))
            .Where(row => row.Version.State != "disabled" || row.Blobs > 0)
            .OrderByDescending(row => row.Blobs)
            .ToList();
        if (rows.Count == 0)
        {
            return "<p class=\"quiet\">The vault holds no wrapping key in use.</p>\n";
        }

        var worst = report.Findings.GroupBy(finding => finding.Object, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Max(finding => finding.Severity), StringComparer.Ordinal);
        var shown = rows.Take(MaxRows).ToList();
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\"><svg viewBox=\"0 0 {Width} {Top + (shown.Count * RowHeight)}\" role=\"img\" aria-label=\"The key hierarchy\">\n");
        foreach (var (x, _, heading) in Columns)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"14\" class=\"soft\">{heading}</text>\n");
        }

        for (var row = 0; row < shown.Count; row++)
        {
            var (version, branch, blobs) = shown[row];
            var y = Top + (row * RowHeight);
            var inHsm = version.IsInHsm switch { true => "in the HSM", false => "not in the HSM", null => "HSM did not answer" };
            Box(svg, 0, y, version.IsInHsm == false ? "bad" : version.IsInHsm == true ? "good" : "fair", version.Label ?? "unknown", inHsm);
            Arrow(svg, 0, y, "wrapped");
            Box(svg, 1, y, StyleOf(version, worst.GetValueOrDefault(version.Id.ToString())), version.Id.Name, $"{version.KeyType}-{version.SizeInBits}, {version.State}, {Shorten(version.Id.Version, 12)}");
            if (branch is null)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Columns[2].X}\" y=\"{y + 38}\" class=\"soft\">wraps no branch in use</text>\n");
                continue;
            }

            Arrow(svg, 1, y, "wraps");
            Box(svg, 2, y, branch.IsCurrent ? "good" : "fair", Shorten(branch.Branch.ToString(), 12), branch.IsCurrent ? "current" : "sealed");
            if (blobs == 0)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Columns[3].X}\" y=\"{y + 38}\" class=\"soft\">protects no blob</text>\n");
                continue;
            }

            Arrow(svg, 2, y, "seals");
            Box(svg, 3, y, "plain", Number(blobs), "a blob each");
            Arrow(svg, 3, y, "seals");
            Box(svg, 4, y, "plain", "4 MiB", "a BEK each");
        }

        svg.Append("</svg></div>\n");
        if (rows.Count > shown.Count)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<p class=\"quiet\">and {Count(rows.Count - shown.Count, "more row")}</p>\n");
        }

        return svg.Append("<p class=\"quiet\">Each key opens what is to the right of it. Take the wrapping key away and everything to its right is noise.</p>\n").ToString();
    }

    /// <summary>By what was found of the version, and by its state where that is worse.</summary>
    private static string StyleOf(AuditedVersion version, Severity found) =>
        found switch { Severity.Critical => "bad", Severity.Warning when version.State == KeyTags.Active => "fair", _ => CoverageChart.Class(version.State) };

    private static void Box(StringBuilder svg, int column, int y, string style, string title, string subtitle)
    {
        var (x, width, _) = Columns[column];
        var fits = (width - 24) / 8;
        svg.Append(CultureInfo.InvariantCulture, $"""
            <rect x="{x + 1}" y="{y + 1}" width="{width - 2}" height="{BoxHeight - 2}" rx="8" class="box {style}"/>
            <rect x="{x + 1}" y="{y + 1}" width="5" height="{BoxHeight - 2}" rx="2" class="bar {style}"/>
            <text x="{x + 16}" y="{y + 27}" class="label">{Encode(Shorten(title, fits))}</text>
            <text x="{x + 16}" y="{y + 47}" class="soft">{Encode(Shorten(subtitle, fits + 3))}</text>

            """);
    }

    private static void Arrow(StringBuilder svg, int column, int y, string verb)
    {
        var (x, width, _) = Columns[column];
        var (from, to, middle) = (x + width + 4, Columns[column + 1].X - 4, y + (BoxHeight / 2));
        svg.Append(CultureInfo.InvariantCulture, $"""
            <path d="M{from} {middle}H{to}M{to - 6} {middle - 4}L{to} {middle}L{to - 6} {middle + 4}" class="arrow"><title>{verb}</title></path>

            """);
    }
}
