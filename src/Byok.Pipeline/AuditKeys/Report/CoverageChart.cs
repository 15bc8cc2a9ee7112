using System.Globalization;
using System.Text;
using Byok.Core.Branches;
using Byok.Core.Keys;
using static Byok.Pipeline.AuditKeys.Report.ReportPage;

namespace Byok.Pipeline.AuditKeys.Report;

/// <summary>How many blobs each branch protects, as a bar chart in inline SVG. State is said in words too, not by colour alone.</summary>
internal static class CoverageChart
{
    private const int Width = 880;
    private const int RowHeight = 46;
    private const int BarLeft = 0;
    private const int BarWidth = 700;
    private const int MaxBars = 12;
    private const string Current = "current";
    private const string Sealed = "sealed";

    public static string Render(AuditReport report)
    {
        var states = report.Keys
            .SelectMany(key => key.Branches.Select(branch => (Name: BranchRecord.BlobNameOf(key.Name, branch.Branch), State: branch.IsCurrent ? Current : Sealed)))
            .ToDictionary(branch => branch.Name, branch => branch.State);
        var bars = report.Coverage
            .OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => (Name: Describe(pair.Key), State: pair.Key.Length == 0 ? "many" : states.GetValueOrDefault(pair.Key) ?? "not pinned", Count: pair.Value))
            .ToList();
        var without = report.Blobs - report.Coverage.Values.Sum();
        if (without > 0)
        {
            bars.Add(("no readable branch", "not protected", without));
        }

        if (bars.Count == 0)
        {
            return "<p class=\"quiet\">There are no protected blobs.</p>\n";
        }

        var shown = bars.Count > MaxBars
            ? [.. bars.Take(MaxBars - 1), ($"{bars.Count - MaxBars + 1} more branches", "many", bars.Skip(MaxBars - 1).Sum(bar => bar.Count))]
            : bars;
        var height = shown.Count * RowHeight;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\"><svg viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"Blobs by branch\">\n");
        var most = (double)shown.Max(bar => bar.Count);
        for (var row = 0; row < shown.Count; row++)
        {
            var (name, state, count) = shown[row];
            var y = row * RowHeight;
            var width = Math.Max(3, BarWidth * count / most);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <text x="{BarLeft}" y="{y + 14}" class="label">{Encode(name)} <tspan class="soft">{Encode(state)}</tspan></text>
                <rect x="{BarLeft}" y="{y + 20}" width="{width:0.#}" height="14" rx="4" class="bar {Class(state)}"><title>{Encode(name)}: {Number(count)}</title></rect>
                <text x="{BarLeft + width + 8:0.#}" y="{y + 32}" class="value">{Number(count)}{Share(count, report.Blobs)}</text>

                """);
        }

        return svg.Append("</svg></div>\n").ToString();
    }

    internal static string Class(string state) => state switch
    {
        KeyTags.Active or Current => "good",
        Sealed or KeyTags.Retired or KeyTags.Pending or "many" => "fair",
        _ => "bad",
    };

    private static string Describe(string branch) =>
        branch.Length == 0 ? "further branches" : branch.Split('/') is [var key, var name] ? $"{Shorten(key, 40)} / {Shorten(name, 20)}" : Shorten(branch, 70);

    private static string Share(long count, long all) =>
        all == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" ({100.0 * count / all:0.#} %)");
}
