using Byok.Testing;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>What surrounds a command: a proxy in the environment, the locale, and a terminal that names of others must not act on.</summary>
public sealed class SurroundingsTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private const string Hostile = "a\u009B31m\u009D0;\u0085b\u2028c\u202Egpj\u2066\u200B.exe";
    private const string Shown = "a\\u{9B}31m\\u{9D}0;\\u{85}b\\u{2028}c\\u{202E}gpj\\u{2066}\\u{200B}.exe";

    private ByokHome Byok => stack.Byok;

    [Theory]
    [InlineData("http_proxy")]
    [InlineData("ALL_PROXY")]
    public async Task Commands_WithAProxyInTheEnvironment_SendNothingThroughIt(string variable)
    {
        await using var proxy = new ForwardProxy();
        await using var byok = new ByokHome();
        var file = byok.CreateFile("file.bin", 5_000_000);
        string[][] commands =
        [
            ["up"], ["key", "bring", "k", "--size", "2048"], ["blob", "encrypt", file, "--name", "b"], ["blob", "verify", "b"],
            ["blob", "decrypt", "b", "-o", file + ".out"], ["audit"], ["status"],
        ];
        foreach (var command in commands)
        {
            using var running = byok.Start(["env", $"{variable}={proxy.Address}", $"HTTPS_PROXY={proxy.Address}"], command);
            var result = await running.WaitAsync();
            Assert.True(result.ExitCode == 0, $"{string.Join(' ', command)}: {result}");
        }

        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(file + ".out"));
        Assert.Empty(proxy.Requests);
    }

    [Theory]
    [InlineData("de_DE.ISO-8859-1")]
    [InlineData("C")]
    [InlineData("ja_JP.eucJP")]
    public async Task Output_InALocaleThatIsNotUtf8_KeepsNames(string locale)
    {
        const string name = "größe – 日本 😀";
        var file = Byok.CreateFile("any.bin", 10);
        await Byok.SucceedAsync("blob", "encrypt", file, "--name", name, "--overwrite");
        foreach (var json in new[] { Array.Empty<string>(), ["--json"] })
        {
            using var running = Byok.Start(["env", $"LC_ALL={locale}"], ["blob", "inspect", name, .. json]);
            var result = await running.WaitAsync();

            Assert.Equal(0, result.ExitCode);
            Assert.Contains(json.Length == 0 ? name : $"\"name\": \"{name}\"".Replace("😀", "\\uD83D\\uDE00", StringComparison.Ordinal), result.Output, StringComparison.Ordinal);
            Assert.NotEqual('\uFEFF', result.Output[0]);
        }
    }

    [Fact]
    public async Task Output_NameThatWouldActOnTheTerminal_IsWrittenOut()
    {
        var file = Byok.CreateFile("any.bin", 10);
        await stack.Protected.GetBlobClient(Hostile).UploadAsync(BinaryData.FromString("of another client: ours refuse such names"), overwrite: true);
        string[][] commands =
        [
            ["blob", "encrypt", file, "--name", Hostile, "--overwrite"], ["blob", "encrypt", file, "--name", Hostile], ["blob", "list"], ["blob", "inspect", Hostile],
            ["blob", "verify", Hostile], ["blob", "decrypt", Hostile, "-o", file + ".out"], ["audit"], ["ledger", "list"], ["key", "list", Hostile], ["key", "revoke", Hostile], ["branch", "list", Hostile], ["branch", "rebuild", Hostile],
            ["blob", Hostile], [Hostile], ["blob", "decrypt", Hostile + "-gone", "-o", file + ".out"], ["blob", "encrypt", Hostile], ["transfer", "inspect", Hostile], ["up", "--host", Hostile],
        ];
        var shown = 0;
        foreach (var command in commands)
        {
            var result = await Byok.RunAsync(command);
            AssertActsOnNoTerminal(result);
            shown += (result.Output + result.Error).Contains(Shown, StringComparison.Ordinal) ? 1 : 0;
            var json = await Byok.RunAsync([.. command, "--json"]);
            AssertActsOnNoTerminal(json);
        }

        Assert.True(shown >= 10, $"{shown}"); // drawn in a table, a name may be broken over lines
        Assert.Contains((await Byok.SucceedAsync("blob", "list", "--json")).Json.EnumerateArray(), blob => blob.GetProperty("name").GetString() == Hostile);
    }

    [Fact]
    public async Task TransferInspect_FileThatWouldActOnTheTerminal_IsWrittenOut()
    {
        var file = Byok.ScratchFile("hostile.byok");
        await File.WriteAllTextAsync(file, """
            {"schema_version":"1\u001b[31m","header":{"kid":"https://v.example/\u001b]0;title\u0007","alg":"\u009bdir","enc":"\u2028","\u202e":"\u001b"},"ciphertext":"\u001bAAAA","generator":"\u001b[2J\n\u202evendor"}
            """);

        AssertActsOnNoTerminal(await Byok.RunAsync("transfer", "inspect", file));
        AssertActsOnNoTerminal(await Byok.RunAsync("transfer", "inspect", file, "--json"));
    }

    [Fact]
    public async Task TransferInspect_SoundFileWithAGeneratorThatWouldActOnTheTerminal_IsWrittenOut()
    {
        var file = Byok.ScratchFile("sound.byok");
        await File.WriteAllTextAsync(file, $$"""
            {"schema_version":"1.0.0","header":{"kid":"https://v.example/keys/kek/1","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"{{new string('A', (256 + 1232) * 4 / 3)}}","generator":"\u001b[2J\u001b]0;owned\u0007\u009b31m\u202evendor"}
            """);

        var shown = await Byok.RunAsync("transfer", "inspect", file);

        Assert.Contains("\\u{1B}[2J", shown.Output, StringComparison.Ordinal);
        AssertActsOnNoTerminal(shown);
        AssertActsOnNoTerminal(await Byok.RunAsync("transfer", "inspect", file, "--json"));
    }

    [Fact]
    public async Task Approve_Request_IsShownLineByLine()
    {
        await using var byok = new ByokHome();
        await byok.SucceedAsync("up", "--require-approvals", "1");
        using var bring = byok.Start("key", "bring", "k", "--size", "2048");
        await bring.WaitForAsync("byok approve ");
        var operation = bring.ErrorSoFar.Split("byok approve ")[1].Split(' ', '\'', '\n')[0];

        var approved = await byok.SucceedAsync("approve", operation, "--key", Path.Combine(byok.Home, "tokens", "approvers", "approver-1.pem"), "--yes");

        Assert.Equal(0, (await bring.WaitAsync()).ExitCode);
        Assert.Contains("You are asked to let a master key leave the HSM, wrapped.\n  key       k\n", approved.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u{", approved.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIEc2VjcmV0\n-----END PRIVATE KEY-----")]
    [InlineData("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ==")]
    public async Task Approve_KeyInPlaceOfItsFile_IsNotShown(string key)
    {
        var result = await Byok.RunAsync("approve", "operation", "--key", key);

        CommandAssert.Failed(1, "--key", result);
        Assert.DoesNotContain("c2VjcmV0", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BYOK_AZURITE")]
    [InlineData("BYOK_SOFTHSM")]
    [InlineData("BYOK_FUNC", "--host", "functions")]
    public async Task Up_SecretInPlaceOfAVariablesPath_IsNotShown(string variable, params string[] options)
    {
        foreach (var secret in new[] { "73194826", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ==" })
        {
            await using var byok = new ByokHome();
            using var running = byok.Start(["env", $"{variable}={secret}"], ["up", .. options]);
            var result = await running.WaitAsync();

            CommandAssert.Failed(1, variable, result);
            Assert.DoesNotContain(secret, result.Output + result.Error, StringComparison.Ordinal);
        }
    }

    private static void AssertActsOnNoTerminal(CommandResult result)
    {
        Assert.DoesNotContain(result.Output + result.Error, c => (char.IsControl(c) && c != '\n') || c is (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200B');
        Assert.NotEmpty(result.Output + result.Error);
    }
}
