using System.Globalization;

namespace Byok.Core.Text;

/// <summary>Figures as people read and write them.</summary>
public static class Units
{
    private static readonly string[] Names = ["bytes", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A size in the largest unit that leaves at least one of it.</summary>
    public static string Bytes(long bytes)
    {
        var unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < Names.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? Count(bytes, "byte") : string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {Names[unit]}");
    }

    /// <summary>Reads a number of bytes: digits alone, or a number with one of the units, such as <c>1.5TiB</c>.</summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        var unit = Array.FindIndex(Names, 1, name => text.EndsWith(name, StringComparison.OrdinalIgnoreCase));
        var digits = unit < 0 ? text : text[..^Names[unit].Length].TrimEnd();
        var factor = Math.Pow(1024, Math.Max(0, unit));
        bytes = 0;
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / (decimal)factor || (unit < 0 && number != Math.Floor(number)))
        {
            return false;
        }

        bytes = (long)(number * (decimal)factor);
        return true;
    }

    /// <summary>A count with its noun.</summary>
    public static string Count(long count, string noun)
    {
        var counted = count == 1 ? noun : noun switch
        {
            [.., 'c', 'h'] => $"{noun}es",
            [.. var stem, 'y'] => $"{stem}ies",
            _ => $"{noun}s",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{count:N0} {counted}");
    }

    /// <summary>An amount of anything, whole where it is large.</summary>
    public static string Amount(double amount) => amount.ToString(amount < 10 ? "0.##" : "N0", CultureInfo.InvariantCulture);

    /// <summary>A time in its two largest units.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => "less than 1 s",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
        { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes} min",
        { TotalDays: < 1000 } => $"{time.Days} d {time.Hours} h",
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:N0} d"),
    };
}
