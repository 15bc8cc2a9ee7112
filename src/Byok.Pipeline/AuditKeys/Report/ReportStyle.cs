namespace Byok.Pipeline.AuditKeys.Report;

/// <summary>The page's style sheet.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --bg: #fff; --card: #f6f7f9; --line: #d9dde3; --text: #1b2430; --quiet: #5b6775;
          --good: #1a7f4b; --fair: #a86400; --bad: #c22f2f; --info: #2563a8; --on: #fff; }
        @media (prefers-color-scheme: dark) { :root { --bg: #12161c; --card: #1b2129; --line: #343d49; --text: #e6eaf0; --quiet: #9aa6b4;
          --good: #43b581; --fair: #e0a13a; --bad: #f07070; --info: #6aa9ec; --on: #12161c; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--bg); color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 960px; margin: 0 auto; padding: 32px 24px 48px; }
        h1 { font-size: 28px; margin: 0; } h2 { font-size: 20px; margin: 40px 0 12px; } h3 { font-size: 16px; margin: 0 0 6px; }
        p { margin: 0 0 8px; } .quiet, footer, small { color: var(--quiet); } footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 12px; font-size: 14px; }
        .verdict { display: flex; gap: 20px; align-items: center; margin: 20px 0; padding: 20px 24px; border-radius: 12px; background: var(--card); border: 2px solid; }
        .verdict h2 { margin: 0; font-size: 26px; } .verdict p { margin: 0; }
        .verdict .sign { flex: none; width: 52px; height: 52px; border-radius: 50%; display: grid; place-items: center; font-size: 30px; font-weight: 700; color: var(--on); }
        .verdict.healthy { border-color: var(--good); } .verdict.healthy .sign, .dot.healthy { background: var(--good); }
        .verdict.attention { border-color: var(--fair); } .verdict.attention .sign, .dot.attention { background: var(--fair); }
        .verdict.danger { border-color: var(--bad); } .verdict.danger .sign, .dot.danger { background: var(--bad); }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0; }
        .figures div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
        .figures dt { color: var(--quiet); font-size: 14px; } .figures dd { margin: 0; font-size: 24px; font-weight: 600; } .figures small { font-size: 14px; font-weight: 400; margin-left: 6px; } .figures small.below { display: block; margin: 0; line-height: 1.2; }
        .scroll { overflow-x: auto; } svg { width: 100%; min-width: 640px; height: auto; display: block; font: 14px system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
        svg .label, svg .value { fill: var(--text); } svg .label { font-weight: 600; } svg .soft { fill: var(--quiet); font-weight: 400; font-size: 13px; }
        svg .box { fill: var(--card); stroke: var(--line); } svg .arrow { stroke: var(--quiet); fill: none; stroke-width: 1.5; }
        svg .bar { fill: var(--line); } svg .bar.good { fill: var(--good); } svg .bar.fair { fill: var(--fair); } svg .bar.bad { fill: var(--bad); } svg .bar.plain { fill: var(--info); }
        .finding { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--info); border-radius: 8px; padding: 14px 18px; margin: 0 0 14px; break-inside: avoid; }
        .finding.critical { border-left-color: var(--bad); } .finding.warning { border-left-color: var(--fair); }
        .finding ul { margin: 6px 0 0; padding-left: 20px; font-size: 14px; } .finding li { overflow-wrap: anywhere; }
        .badge { display: inline-block; font-size: 12px; text-transform: uppercase; letter-spacing: .04em; padding: 1px 8px; margin-right: 10px; border-radius: 10px; color: var(--on); background: var(--info); }
        .badge.critical { background: var(--bad); } .badge.warning { background: var(--fair); } .times { color: var(--quiet); font-weight: 400; margin-left: 8px; }
        code { font: 13px ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
        table { width: 100%; border-collapse: collapse; font-size: 15px; } th, td { text-align: left; padding: 7px 10px; border-bottom: 1px solid var(--line); } th { color: var(--quiet); font-weight: 500; } .n { text-align: right; font-variant-numeric: tabular-nums; }
        .dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; }
        @media print { :root { --bg: #fff; --card: #fff; --line: #bbb; --text: #000; --quiet: #444; --good: #1a7f4b; --fair: #a86400; --bad: #c22f2f; --info: #2563a8; --on: #fff; }
          body { font-size: 12px; -webkit-print-color-adjust: exact; print-color-adjust: exact; } main { max-width: none; padding: 0; }
          h1 { font-size: 22px; } h2 { font-size: 16px; margin: 22px 0 8px; break-after: avoid; } h3 { font-size: 13px; }
          .verdict { margin: 12px 0; padding: 10px 16px; } .verdict h2 { font-size: 20px; } .verdict .sign { width: 40px; height: 40px; font-size: 24px; }
          .figures { grid-template-columns: repeat(5, 1fr); gap: 8px; } .figures div { padding: 8px 12px; } .figures dd { font-size: 18px; } .figures dt, .figures small { font-size: 11px; }
          .finding { padding: 8px 14px; margin: 0 0 8px; } .finding ul, table, footer { font-size: 11px; } code { font-size: 10px; } .badge { font-size: 10px; } th, td { padding: 4px 8px; }
          .scroll { overflow: visible; } svg { width: 80%; min-width: 0; } .verdict, .figures, svg, tr { break-inside: avoid; } footer { margin-top: 20px; break-inside: avoid; } }
        """;
}
