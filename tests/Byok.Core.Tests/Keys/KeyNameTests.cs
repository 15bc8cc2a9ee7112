using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

public sealed class KeyNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("-")]
    [InlineData("A-1")]
    public void Validate_Name_IsGivenBack(string name)
    {
        Assert.True(KeyName.IsValid(name));
        Assert.Equal(name, KeyName.Validate(name));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a_b")]
    [InlineData("a b")]
    [InlineData("ä")]
    public void Validate_NoName_IsMisuseThatNamesIt(string? name)
    {
        Assert.False(KeyName.IsValid(name));
        Assert.StartsWith($"'{name}' is not a key name", Assert.Throws<ArgumentException>("name", () => KeyName.Validate(name)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(127, true)]
    [InlineData(128, false)]
    public void IsValid_NameAtTheLimitOfLength_IsJudgedByIt(int length, bool isValid) => Assert.Equal(isValid, KeyName.IsValid(new string('a', length)));
}
