using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Byok.Core.Keys;
using Byok.Core.Transfer;

namespace Byok.Core.Tests.Transfer;

/// <summary>What is said of a transfer blob that is not in its form, word for word: it is what somebody mends the file by.</summary>
public sealed class TransferBlobMessageTests
{
    private static readonly KeyIdentifier KekId = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/kek/0a1b2c");

    [Theory]
    [InlineData("header", "\"x\"", "The member 'header' is not an object.")]
    [InlineData("generator", "{}", "The member 'generator' is not a string.")]
    [InlineData("schema_version", "1", "The member 'schema_version' is not a string.")]
    [InlineData("ciphertext", "null", "The member 'ciphertext' is not a string.")]
    [InlineData("schema_version", "\"2\"", "The member 'schema_version' is '2'; it must be '1.0.0'.")]
    [InlineData("other", "{\"generator\":1,\"header\":{}}", "The member 'other' is not part of a transfer blob.")]
    [InlineData("other", "[{\"generator\":1}]", "The member 'other' is not part of a transfer blob.")]
    public void Lint_OneMemberNotInItsForm_SaysThatAndNothingElse(string member, string value, string message) =>
        Assert.Equal([message], MessagesOf(File(blob => blob[member] = JsonNode.Parse(value))));

    [Theory]
    [InlineData("a\nb", "a?b")]
    [InlineData("\u001b[2Jx", "?[2Jx")]
    [InlineData("\ud83d\ude00", "??")]
    [InlineData("é", "é")]
    public void Lint_ValueThatATerminalWouldObey_ShowsItWithoutThat(string value, string shown) => Assert.Equal(
        [$"The member 'schema_version' is '{shown}'; it must be '1.0.0'."], MessagesOf(File(blob => blob["schema_version"] = value)));

    [Theory]
    [InlineData(99, 99, "")]
    [InlineData(100, 100, "")]
    [InlineData(101, 100, "...")]
    public void Lint_LongValue_ShowsItsBeginning(int length, int shown, string end)
    {
        var digits = string.Concat(Enumerable.Range(0, length).Select(at => at % 10));

        Assert.Equal(
            [$"The member 'schema_version' is '{digits[..shown]}{end}'; it must be '1.0.0'."], MessagesOf(File(blob => blob["schema_version"] = digits)));
    }

    [Theory]
    [InlineData(248, null, "The ciphertext has 248 bytes, less than the 256 of the smallest KEK's OAEP half.")]
    [InlineData(272, null, "The ciphertext has 272 bytes; behind the OAEP half no room is left for a wrapped key.")]
    [InlineData(281, null, "The ciphertext has 281 bytes; what is behind the OAEP half is no multiple of 8.")]
    [InlineData(376, 3072, "The ciphertext has 376 bytes, less than the 384 of this KEK's OAEP half.")]
    [InlineData(400, 3072, "The KWP half has 16 bytes, too few for a wrapped key.")]
    [InlineData(384 + 1200, 3072, "The KWP half has 1200 bytes; an RSA-2048 key in PKCS#8 takes 1208 to 1240.")]
    [InlineData(384 + 1248, 3072, "The KWP half has 1248 bytes; an RSA-2048 key in PKCS#8 takes 1208 to 1240: something trails it, or the key is another one.")]
    public void Lint_LengthOfNoHalves_SaysWhichHalfAndHowLong(int length, int? kekSizeInBits, string message) => Assert.Equal(
        [message], MessagesOf(File(blob => blob["ciphertext"] = Base64Url.EncodeToString(new byte[length])), kekSizeInBits, 2048));

    [Fact]
    public void Lint_FileAtTheLimitOfLength_IsRead()
    {
        var file = Encoding.UTF8.GetString(File(_ => { }));

        Assert.Empty(MessagesOf(Encoding.UTF8.GetBytes(file.PadRight(TransferBlob.MaxLengthInBytes))));
        Assert.Equal(
            ["The file has 65537 bytes; a transfer blob has at most 65536."], MessagesOf(Encoding.UTF8.GetBytes(file.PadRight(TransferBlob.MaxLengthInBytes + 1))));
    }

    [Fact]
    public void Parse_WithoutGenerator_HasAnEmptyOne() => Assert.Empty(TransferBlob.Parse(File(blob => blob.Remove("generator"))).Generator);

    [Fact]
    public void Lint_Misused_SaysWhatIsAskedFor()
    {
        static void Says(string text, Func<object?> misuse) =>
            Assert.StartsWith(text, Assert.ThrowsAny<ArgumentException>(misuse).Message, StringComparison.Ordinal);

        Says("2048, 3072 or 4096 bits.", () => TransferBlobLinter.Lint("{}"u8, null, 1024));
        Says("The vault's address must be absolute.", () => TransferBlobLinter.Lint("{}"u8, new Uri("/relative", UriKind.Relative)));
        Says("A KEK has 2048, 3072 or 4096 bits.", () => TransferBlob.Parse(File(_ => { })).Split(1024));
    }

    private static IEnumerable<string> MessagesOf(byte[] file, int? kekSizeInBits = 2048, int? targetSizeInBits = 2048) =>
        TransferBlobLinter.Lint(file, KekId.Vault, kekSizeInBits, targetSizeInBits).Select(finding => finding.Message);

    private static byte[] File(Action<JsonObject> change)
    {
        var blob = JsonNode.Parse(TransferBlob.Create(KekId, new byte[256 + 1232], "test").ToUtf8Json())!.AsObject();
        change(blob);
        return Encoding.UTF8.GetBytes(blob.ToJsonString());
    }
}
