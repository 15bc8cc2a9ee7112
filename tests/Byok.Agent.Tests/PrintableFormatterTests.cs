using System.Globalization;
using Byok.Agent.Service;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Byok.Agent.Tests;

public sealed class PrintableFormatterTests
{
    public static TheoryData<string, string> FormattersAndTexts()
    {
        var data = new TheoryData<string, string>();
        foreach (var formatter in new[] { ConsoleFormatterNames.Simple, ConsoleFormatterNames.Systemd, ConsoleFormatterNames.Json })
        {
            foreach (var text in new[] { "\u001B]0;t\u0007", "\u009B31m", "\u009D0;t", "\u2028\u2029", "\u202E\u2066\u200F", "\u200B\uFEFF", "\rinfo: forged", "\u0000\u007F\u0085" })
            {
                data.Add(formatter, text);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(FormattersAndTexts))]
    public void Write_MessageAndExceptionThatWouldActOnATerminal_AreWrittenOut(string formatter, string text)
    {
        var written = Write(formatter, $"a{text}b", new InvalidOperationException($"c{text}d"));

        Assert.DoesNotContain(written, c => c != '\n' && char.GetUnicodeCategory(c)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
        Assert.Contains("InvalidOperationException", written, StringComparison.Ordinal);
        Assert.Contains("u{", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MessageOfTwoLines_IsOneEntry() =>
        Assert.Contains("lost: a\\u{A}info: forged", Write(ConsoleFormatterNames.Simple, "lost: a\ninfo: forged", null), StringComparison.Ordinal);

    private static string Write(string formatter, string message, Exception? exception)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddConsole());
        PrintableFormatter.Wrap(services);
        using var provider = services.BuildServiceProvider();
        using var writer = new StringWriter();
        provider.GetServices<ConsoleFormatter>().Single(candidate => candidate.Name == formatter)
            .Write(new LogEntry<string>(LogLevel.Warning, "category", 1, message, exception, static (state, _) => state), null, writer);
        return writer.ToString();
    }
}
