using System.Globalization;
using System.Text;
using static Byok.Pipeline.AuditKeys.Report.ReportPage;

namespace Byok.Pipeline.AuditKeys.Report;

/// <summary>The findings, worst first: for each kind what it means and what to do, once, and the objects that it was found on.</summary>
internal static class FindingSections
{
    public static void Append(StringBuilder page, AuditReport report)
    {
        page.Append("<section><h2>Findings</h2>\n");
        if (report.FindingCounts.Count == 0)
        {
            page.Append("<p class=\"quiet\">Nothing was found.</p>\n");
        }

        foreach (var kind in FindingKinds.All.Where(kind => report.FindingCounts.ContainsKey(kind.Code)).OrderByDescending(kind => kind.Severity))
        {
            var count = report.FindingCounts[kind.Code];
            var severity = kind.Severity.ToString().ToLowerInvariant();
            page.Append(CultureInfo.InvariantCulture, $"""
                <article class="finding {severity}">
                <h3><span class="badge {severity}">{severity}</span>{Encode(kind.Title)}<span class="times">&times; {Number(count)}</span></h3>
                <p>{Encode(kind.Meaning)}</p>
                <p><strong>What to do:</strong> {Encode(kind.WhatToDo)}</p>
                <ul>

                """);
            var listed = report.Findings.Where(finding => finding.Code == kind.Code).ToList();
            foreach (var finding in listed)
            {
                page.Append(CultureInfo.InvariantCulture, $"<li><code>{Encode(finding.Object)}</code>");
                if (finding.Detail is not null)
                {
                    page.Append(CultureInfo.InvariantCulture, $" <span class=\"quiet\">{Encode(finding.Detail)}</span>");
                }

                page.Append("</li>\n");
            }

            if (count > listed.Count)
            {
                page.Append(CultureInfo.InvariantCulture, $"<li class=\"quiet\">and {Number(count - listed.Count)} more</li>\n");
            }

            page.Append("</ul>\n</article>\n");
        }

        page.Append("</section>\n");
    }
}
