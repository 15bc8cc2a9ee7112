using System.CommandLine.Parsing;
using System.Globalization;

namespace Byok.Cli.Commands;

/// <summary>Durations on the command line: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or <c>[d.]hh:mm:ss</c>.</summary>
internal static class Duration
{
    public const string Form = "90s, 30m, 24h, 7d or [d.]hh:mm:ss";

    private const int LongestInDays = 3650;

    // Not TimeSpan's own parser: that takes 24:00:00 for 24 days.
    private static readonly string[] ClockForms = [@"hh\:mm\:ss", @"d\.hh\:mm\:ss"];

    /// <summary>For an option's custom parser.</summary>
    public static TimeSpan Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;
        if (TryParse(text) is { } duration)
        {
            return duration;
        }

        result.AddError($"'{text}' is not a duration; give {Form}.");
        return default;
    }

    /// <returns>Null when it is none, or one of more than ten years.</returns>
    public static TimeSpan? TryParse(string text)
    {
        if (TimeSpan.TryParseExact(text, ClockForms, CultureInfo.InvariantCulture, out var clock))
        {
            return clock.TotalDays <= LongestInDays ? clock : null;
        }

        var seconds = text.Length > 1 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 } : 0;
        return seconds > 0 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && (long)count * seconds <= LongestInDays * 86_400L
            ? TimeSpan.FromSeconds((long)count * seconds)
            : null;
    }
}
