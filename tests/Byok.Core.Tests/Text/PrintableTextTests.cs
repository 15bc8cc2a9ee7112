using System.Text.Json;
using Byok.Core.Text;

namespace Byok.Core.Tests.Text;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("größe – 日本 €😀", "größe – 日本 €😀")]
    [InlineData("\u001B[31mred", "\\u{1B}[31mred")]
    [InlineData("a\nb\r\tc\0\u007F", "a\\u{A}b\\u{D}\\u{9}c\\u{0}\\u{7F}")]
    [InlineData("\u0085\u009B31m\u009D0;title\u0007", "\\u{85}\\u{9B}31m\\u{9D}0;title\\u{7}")]
    [InlineData("line\u2028paragraph\u2029", "line\\u{2028}paragraph\\u{2029}")]
    [InlineData("\u202Etxt.exe\u202C\u2066\u2069\u200E\u200F\u061C", "\\u{202E}txt.exe\\u{202C}\\u{2066}\\u{2069}\\u{200E}\\u{200F}\\u{61C}")]
    [InlineData("a\u200Bb\u200D\uFEFF\u00AD", "a\\u{200B}b\\u{200D}\\u{FEFF}\\u{AD}")]
    [InlineData("tag\U000E0041", "tag\\u{E0041}")]
    [InlineData("\\u{1B}[31m \\u \\", "\\u{5C}u{1B}[31m \\u \\")]
    [InlineData("", "")]
    public void Escape_WhatCannotBeSeen_IsWrittenOut(string text, string expected) => Assert.Equal(expected, PrintableText.Escape(text));

    /// <summary>Not in an attribute: those are stored as UTF-8.</summary>
    [Fact]
    public void Escape_LoneSurrogate_IsWrittenOut() => Assert.Equal("high\\u{D800} low\\u{DC00}", PrintableText.Escape("high\uD800 low\uDC00"));

    [Fact]
    public void Escape_EveryCharacter_LeavesNoneThatActsOnATerminal()
    {
        for (var i = 0; i <= char.MaxValue; i++)
        {
            Assert.DoesNotContain(PrintableText.Escape($"a{(char)i}b"), c => char.IsControl(c) || char.IsSurrogate(c) || (c is >= '\u2028' and <= '\u202E') || (c is >= '\u2066' and <= '\u2069'));
        }
    }

    [Theory]
    [InlineData("\u202E\u009B\u2028\u200B")]
    [InlineData("tag\U000E0041 😀 ü")]
    public void EscapeJson_Document_MeansTheSame(string name)
    {
        var document = $"{{\n  \"name\": \"{name}\"\n}}";

        var escaped = PrintableText.EscapeJson(document);

        Assert.Equal(name, JsonDocument.Parse(escaped).RootElement.GetProperty("name").GetString());
        Assert.Equal(escaped, PrintableText.EscapeJson(escaped));
        Assert.Equal(3, escaped.Split('\n').Length);
        Assert.DoesNotContain("\\u{", PrintableText.Escape(escaped.Replace("\n", string.Empty, StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
