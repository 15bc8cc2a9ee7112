using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Tests.Envelope;

namespace Byok.Core.Tests.Keys;

public sealed class KeyActivationTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("1", 1L)]
    [InlineData("999999999999999", 999_999_999_999_999)]
    public void Of_TagInItsForm_IsItsNumber(string? text, long? expected) => Assert.Equal(expected, KeyActivation.Of(Version(text)));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("1 ")]
    [InlineData("1.0")]
    [InlineData("١")]
    [InlineData("1000000000000000")]
    [InlineData("18446744073709551617")]
    public void Of_AnyOtherText_IsKeyUnavailableThatNamesTheTag(string text) => Assert.Equal(
        $"The tag byok-activation of {TestKeys.KeyId} is not a number from 1; restore the key to write it anew.",
        Assert.Throws<KeyUnavailableException>(() => KeyActivation.Of(Version(text))).Message);

    [Fact]
    public void Next_OfAnyVersions_IsHigherThanThatOfEachProvenOne()
    {
        Assert.Equal("1", KeyActivation.Next(Life()));
        Assert.Equal("1", KeyActivation.Next(Life(Version(null), Version("7", KeyTags.Pending))));
        Assert.Equal("11", KeyActivation.Next(Life(Version("10", KeyTags.Replaced), Version("9"), Version(null))));
        Assert.Contains(
            "has the highest value that there is",
            Assert.Throws<KeyUnavailableException>(() => KeyActivation.Next(Life(Version("999999999999999")))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>("life", () => KeyActivation.Next(null!));
        Assert.Throws<ArgumentNullException>("version", () => KeyActivation.Of(null!));
    }

    private static KeyLife Life(params VaultKey[] versions) => new("archive", versions, null);

    private static VaultKey Version(string? activation, string state = KeyTags.Active)
    {
        var tags = new Dictionary<string, string> { [KeyTags.State] = state };
        if (activation is not null)
        {
            tags[KeyTags.Activation] = activation;
        }

        return TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, true, tags);
    }
}
