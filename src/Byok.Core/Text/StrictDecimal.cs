using System.Globalization;

namespace Byok.Core.Text;

/// <summary>A number that has exactly one text (docs/FORMAT.md, section 1): no sign, no leading zero, at most 15 digits.</summary>
internal static class StrictDecimal
{
    public const long Max = 999_999_999_999_999;

    private const int MaxDigits = 15;

    public static bool TryParse(string? text, out long number)
    {
        number = 0;
        return text is { Length: > 0 and <= MaxDigits } && !text.AsSpan().ContainsAnyExceptInRange('0', '9') && (text.Length == 1 || text[0] != '0')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
