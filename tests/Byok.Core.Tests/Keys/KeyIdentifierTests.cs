using System.Text.Json;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

public sealed class KeyIdentifierTests
{
    private static readonly Uri Vault = new("https://v.example/");

    [Theory]
    [InlineData("https://v.example/keys/my-key/0a", "https://v.example/", "my-key", "0a")]
    [InlineData("https://v.example:8443/keys/K/Z9", "https://v.example:8443/", "K", "Z9")]
    public void Parse_VersionedIdentifier_GivesItsPartsAndItself(string text, string vault, string name, string version)
    {
        var id = KeyIdentifier.Parse(text);

        Assert.Equal((new Uri(vault), name, version), (id.Vault, id.Name, id.Version));
        Assert.Equal(text, id.ToString());
        Assert.Equal(id, JsonSerializer.Deserialize<KeyIdentifier>(JsonSerializer.Serialize(id)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("keys/name/version")]
    [InlineData("http://v.example/keys/name/version")]
    [InlineData("https://v.example/keys/name")]
    [InlineData("https://v.example/keys/name/")]
    [InlineData("https://v.example/keys/name/version/more")]
    [InlineData("https://v.example/secrets/name/version")]
    [InlineData("https://v.example/more/keys/name/version")]
    [InlineData("https://v.example/keys/na_me/version")]
    [InlineData("https://v.example/keys/name/ver-sion")]
    [InlineData("https://v.example/keys/name/version?a=b")]
    [InlineData("https://v.example/keys/name/version#part")]
    [InlineData("https://user@v.example/keys/name/version")]
    public void Parse_AnythingElse_IsAFormatFailureThatNamesIt(string text)
    {
        Assert.False(KeyIdentifier.TryParse(text, out _));
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => KeyIdentifier.Parse(text)).Message, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<KeyIdentifier>(JsonSerializer.Serialize(text)));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Parse_VersionAtTheLimitOfLength_IsJudgedByIt(int length, bool isValid)
    {
        var version = new string('a', length);

        Assert.Equal(isValid, KeyIdentifier.TryParse($"https://v.example/keys/name/{version}", out _));
        Assert.Equal(isValid, Record.Exception(() => new KeyIdentifier(Vault, "name", version)) is null);
    }

    [Fact]
    public void Create_PartsNotInTheirForm_NamesTheFirst()
    {
        Assert.Throws<ArgumentNullException>("vault", () => new KeyIdentifier(null!, "name", "1"));
        Assert.Throws<ArgumentException>("vault", () => new KeyIdentifier(new Uri("http://v.example/"), "name", "1"));
        Assert.Throws<ArgumentException>("vault", () => new KeyIdentifier(new Uri("/relative", UriKind.Relative), "name", "1"));
        Assert.Throws<ArgumentException>("name", () => new KeyIdentifier(Vault, "na me", "1"));
        Assert.Throws<ArgumentException>("version", () => new KeyIdentifier(Vault, "name", ""));
        Assert.Throws<ArgumentException>("version", () => new KeyIdentifier(Vault, "name", "1-"));
    }

    [Fact]
    public void Failures_OfVaultVersionAndText_SayWhatIsAskedFor()
    {
        static void Says(string text, Func<object?> refused) =>
            Assert.StartsWith(text, Assert.ThrowsAny<Exception>(refused).Message, StringComparison.Ordinal);

        Says("A vault's address is an absolute https URI.", () => new KeyIdentifier(new Uri("http://v.example/"), "name", "1"));
        Says("A key version is 1 to 64 ASCII letters and digits.", () => new KeyIdentifier(Vault, "name", "1-"));
        Says("Not a versioned key identifier.", () => JsonSerializer.Deserialize<KeyIdentifier>("\"x\""));
    }
}
