using Byok.Cli.Commands;
using Byok.Core.Branches;
using Byok.Core.Keys;
using Spectre.Console;

namespace Byok.Cli.Tests.Output;

/// <summary>What <c>key list</c> draws at the widths that terminals have.</summary>
public sealed class KeyListTableTests
{
    private const string Version = "0123456789abcdef0123456789abcdef";
    private static readonly string Thumbprint = new('t', 43);

    [Theory]
    [InlineData(80, "key", "version", "state", "expires", "branch", "sealed", "blobs")]
    [InlineData(120, "key", "version", "state", "RSA", "created", "expires", "branch", "sealed", "blobs")]
    [InlineData(200, "key", "version", "state", "RSA", "created", "expires", "branch", "sealed", "blobs", "thumbprint")]
    public void Draw_AtAWidth_HasItsColumnsAndBreaksNoValue(int width, params string[] columns)
    {
        using var branch = BranchKey.Generate();
        var lines = Draw(width, Row("customer-key", branch.Name), Row("another", null) with { State = "disabled", Blobs = 0 });

        Assert.Equal(columns, lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, lines.Count(line => line.Contains("2046-01-02", StringComparison.Ordinal))); // a row is a line
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        var row = lines.Single(line => line.Contains("customer-key", StringComparison.Ordinal));
        string[] values = ["active", "2046-01-02", $"{branch.Name}"[..(width < 110 ? 8 : 12)] + "…", " 3 ", "123456"];
        Assert.All(values, value => Assert.Contains(value, row, StringComparison.Ordinal));
        Assert.Contains(width < 200 ? "01234567…" : Version, row, StringComparison.Ordinal);
        Assert.Equal(width >= 200, row.Contains(Thumbprint, StringComparison.Ordinal));
        Assert.Equal(width >= 120, row.Contains("2026-01-02 03:04", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void Draw_LongName_BreaksThatAndNothingElse(int width)
    {
        using var branch = BranchKey.Generate();
        var name = new string('n', 127);
        var lines = Draw(width, Row(name, branch.Name));

        Assert.Equal(name, string.Concat(lines[2..].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0])));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        Assert.Single(lines, line => line.Contains("2046-01-02", StringComparison.Ordinal) && line.Contains($"{branch.Name}"[..8], StringComparison.Ordinal));
    }

    private static List<string> Draw(int width, params KeyListCommand.Row[] rows)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = width;
        console.Write(KeyListCommand.Draw(rows, width));
        return [.. output.ToString().Split('\n').Where(line => line.Trim().Length > 0)];
    }

    private static KeyListCommand.Row Row(string name, BranchName? branch)
    {
        var id = new KeyIdentifier(new Uri("https://contoso.vault.azure.net"), name, Version);
        using var other = BranchKey.Generate();
        return new KeyListCommand.Row(
            name, Version, id, "active", 3072, Thumbprint, "label", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            new DateTimeOffset(2046, 1, 2, 3, 4, 5, TimeSpan.Zero), branch, [other.Name, other.Name, other.Name], 123_456);
    }
}
