using Byok.Core.Text;

namespace Byok.Core.Tests.Text;

public sealed class SettingTextTests
{
    [Theory]
    [InlineData("", "it is empty")]
    [InlineData(null, "it is empty")]
    [InlineData("  ", "it is blank")]
    [InlineData("4711", "it looks like a number, 4 characters")]
    [InlineData("x", "it looks like plain text, 1 character")]
    [InlineData("contoso", "it looks like plain text, 7 characters")]
    [InlineData("keys/token.pin", "it looks like a path, 14 characters")]
    [InlineData("/etc/byok/agent/module", "it looks like a path, 22 characters")]
    [InlineData("/q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4=", "it looks like a key in base64, 44 characters")]
    [InlineData("https://contoso.example", "it looks like an address, 23 characters")]
    [InlineData("Endpoint=sb://contoso/;SharedAccessKeyName=a;SharedAccessKey=b", "it looks like a connection string, 62 characters")]
    [InlineData("DefaultEndpointsProtocol=https;AccountKey=abc", "it looks like a connection string, 45 characters")]
    [InlineData("https://contoso.example/c?sv=1&sig=abc", "it looks like an address or query with a shared access signature, 38 characters")]
    [InlineData("q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=", "it looks like a key in base64, 44 characters")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.abc", "it looks like a token, 39 characters")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA", "it looks like a PEM file's content, 32 characters")]
    public void Describe_Value_SaysWhatItLooksLikeAndNotWhatItIs(string? value, string expected) => Assert.Equal(expected, SettingText.Describe(value));
}
