using Byok.Core.Envelope;

namespace Byok.Core.Tests.Envelope;

public sealed class StrictBase64UrlTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("AA", "00")]
    [InlineData("_-8", "FFEF")]
    [InlineData("AAEC", "000102")]
    public void TryDecode_TheOneText_GivesItsBytes(string text, string hex)
    {
        Assert.True(StrictBase64Url.TryDecode(text, out var bytes));
        Assert.Equal(hex, Convert.ToHexString(bytes));
        Assert.Equal(text.Length, StrictBase64Url.EncodedLength(bytes.Length));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AAAAA")]
    [InlineData("AB")]
    [InlineData("AAB")]
    [InlineData("AA==")]
    [InlineData("AA%%")]
    [InlineData("AA ")]
    [InlineData(" AA")]
    [InlineData("A A")]
    [InlineData("AA\n\n")]
    [InlineData("\tAAA")]
    [InlineData("AAA\n")]
    [InlineData("+/8")]
    [InlineData("AAé")]
    [InlineData("AAAA\0AAA")]
    public void TryDecode_AnyOtherText_IsRefused(string text)
    {
        Assert.False(StrictBase64Url.TryDecode(text, out var bytes));
        Assert.Null(bytes);
    }
}
