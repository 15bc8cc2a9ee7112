using System.Globalization;
using System.Text;

namespace Byok.Core.Text;

/// <summary>
/// The one rule for text that others may have chosen (names, messages, documents) on its way to a terminal or a log: what cannot be seen is written out.
/// That is every control and format character (Unicode categories Cc and Cf: escape sequences, bidirectional marks, zero-width characters), line and paragraph
/// separators (Zl, Zp) and lone surrogates. They move the cursor, reorder a line, or make two names look alike.
/// </summary>
public static class PrintableText
{
    /// <summary>
    /// The text with each such character as its code point, for example <c>\u{1B}</c>, on one line. Where the text has <c>\u{</c> of its own, the backslash
    /// is written out too: no two texts look the same.
    /// </summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Replace(text.Replace("\\u{", "\\u{5C}u{", StringComparison.Ordinal), static character => $"\\u{{{character:X}}}");
    }

    /// <summary>The same for a JSON document, in JSON's own escapes: it means what it meant. The line breaks between its members stay.</summary>
    public static string EscapeJson(string document) => Replace(document, static character => character switch
    {
        '\n' or '\r' => ((char)character).ToString(),
        <= char.MaxValue => $"\\u{character:X4}",
        _ => string.Concat(char.ConvertFromUtf32(character).Select(half => $"\\u{(int)half:X4}")),
    });

    private static string Replace(string text, Func<int, string> escape)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new StringBuilder(text.Length);
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var isWhole = Rune.TryGetRuneAt(text, text.Length - rest.Length, out var rune);
            var length = isWhole ? rune.Utf16SequenceLength : 1;
            if (isWhole && IsVisible(rune))
            {
                result.Append(rest[..length]);
            }
            else
            {
                result.Append(escape(isWhole ? rune.Value : rest[0]));
            }

            rest = rest[length..];
        }

        return result.ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
