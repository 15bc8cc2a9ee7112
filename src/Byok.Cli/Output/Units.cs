using System.Globalization;

namespace Byok.Cli.Output;

/// <summary>Figures as people read them.</summary>
internal static class Units
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

    /// <summary>A count with its noun.</summary>
    public static string Count(long count, string noun)
    {
        var plural = count == 1 ? string.Empty : "s";
        return string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{plural}");
    }
}
