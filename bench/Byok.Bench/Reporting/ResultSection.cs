using System.Globalization;
using System.Text;

namespace Byok.Bench.Reporting;

/// <summary>One benchmark's results as Markdown, written to the screen at the same time.</summary>
internal sealed class ResultSection(TextWriter screen)
{
    private readonly StringBuilder _markdown = new();
    private int _columns;

    /// <summary>Where progress goes; it does not get into the results.</summary>
    public TextWriter Progress => screen;

    /// <summary>The section so far.</summary>
    public string Markdown => _markdown.ToString().Trim();

    /// <summary>A paragraph.</summary>
    public void Text(string text)
    {
        EndTable();
        Write(text);
        Write(string.Empty);
    }

    /// <summary>Begins a table.</summary>
    public void Table(params string[] columns)
    {
        EndTable();
        _columns = columns.Length;
        Row(columns);
        Write($"|{string.Concat(columns.Select((_, index) => index == 0 ? "---|" : "---:|"))}");
    }

    /// <summary>A row of the table.</summary>
    public void Row(params string[] cells) => Write($"| {string.Join(" | ", cells)} |");

    /// <summary>Begins the table of what was aimed at.</summary>
    public void Targets() => Table("aimed at", "measured", "target", "met");

    /// <summary>A figure that should be at least so much.</summary>
    public void AtLeast(string what, double measured, double target, string format = "0.00") =>
        Row(what, Format(measured, format), $"≥ {Format(target, format)}", measured >= target ? "yes" : "**no**");

    /// <summary>A figure that should be at most so much.</summary>
    public void AtMost(string what, double measured, double target, string format = "0.00") =>
        Row(what, Format(measured, format), $"≤ {Format(target, format)}", measured <= target ? "yes" : "**no**");

    /// <summary>A number, the same on every machine.</summary>
    public static string Format(double value, string format = "0.00") => value.ToString(format, CultureInfo.InvariantCulture);

    private void EndTable()
    {
        if (_columns > 0)
        {
            _columns = 0;
            Write(string.Empty);
        }
    }

    private void Write(string line)
    {
        _markdown.Append(line).Append('\n');
        screen.WriteLine($"  {line}");
    }
}
