using System.CommandLine.Parsing;
using System.Globalization;

namespace Byok.Cli.Commands;

/// <summary>
/// Whole numbers on the command line. A validator would not do: asked for the value of what is no number, the parser throws instead of telling.
/// </summary>
internal static class WholeNumber
{
    /// <summary>For an option's custom parser: a number within bounds, both included.</summary>
    public static int? Parse(ArgumentResult result, string option, int min, int max)
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        result.AddError($"{option} takes {min} to {max}.");
        return null;
    }
}
