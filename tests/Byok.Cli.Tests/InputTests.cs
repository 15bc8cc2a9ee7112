using System.Text.Json;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>Usage, <c>--json</c>, and files that are not what they should be.</summary>
public sealed class InputTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private ByokHome Byok => stack.Byok;

    [Theory]
    [InlineData]
    [InlineData("nonsense")]
    [InlineData("blob")]
    [InlineData("blob", "decrypt", "b")]
    [InlineData("blob", "encrypt")]
    [InlineData("blob", "encrypt", "a", "b")]
    [InlineData("blob", "list", "--nonsense")]
    [InlineData("key", "bring")]
    [InlineData("key", "bring", "k", "--size", "1024")]
    [InlineData("key", "bring", "k", "--size", "many")]
    [InlineData("key", "bring", "not_a_name")]
    [InlineData("key", "rotate", "k", "--rewrap-only")]
    [InlineData("key", "restore", "k", "--rewrap")]
    [InlineData("key", "rotate", "k", "--branch", "--label", "l")]
    [InlineData("key", "rotate", "k", "--branch", "--size", "2048")]
    [InlineData("key", "rotate", "k", "--branch", "--grace", "1h")]
    [InlineData("key", "rotate", "k", "--branch", "--deep", "--blob", "b")]
    [InlineData("key", "rotate", "k", "--branch", "not-a-branch")]
    [InlineData("branch")]
    [InlineData("branch", "rebuild")]
    [InlineData("branch", "rebuild", "not_a_name")]
    [InlineData("branch", "list", "not_a_name")]
    [InlineData("up", "--require-approvals", "many")]
    [InlineData("up", "--require-approvals", "11")]
    [InlineData("serve", "--port", "65536")]
    [InlineData("serve", "--port", "-1")]
    [InlineData("serve", "--port", "http")]
    [InlineData("transfer", "inspect")]
    [InlineData("plan", "--blobs", "1", "--bytes", "1", "--latency", "NaN")]
    [InlineData("plan", "--blobs", "1", "--bytes", "1", "--worker-speed", "0")]
    [InlineData("transfer", "inspect", "f", "--vault", "contoso")]
    [InlineData("transfer", "inspect", "f", "--vault", "http://contoso.vault.azure.net")]
    [InlineData("transfer", "inspect", "f", "--kek-size", "1024")]
    [InlineData("transfer", "inspect", "f", "--key-size", "many")]
    public async Task Parse_WrongUsage_EndsWithTwo(params string[] arguments)
    {
        var plain = await Byok.RunAsync(arguments);
        var json = await Byok.RunAsync([.. arguments, "--json"]);

        CommandAssert.Failed(2, string.Empty, plain);
        Assert.Empty(plain.Output);
        CommandAssert.Failed(2, string.Empty, json);
        Assert.NotEmpty(json.Json.GetProperty("error").GetProperty("message").GetString()!);
    }

    [Theory]
    [InlineData("'byok key' has no command 'brnig'", "key", "brnig", "k")]
    [InlineData("'byok' has no command 'nonsense'", "nonsense")]
    [InlineData("--rewrap-only", "key", "rotate", "k", "--rewrap-only")]
    [InlineData("--rewrap", "key", "restore", "k", "--rewrap")]
    [InlineData("--branch brings no key", "key", "rotate", "k", "--branch", "--label", "l")]
    [InlineData("give one of them", "key", "rotate", "k", "--branch", "--deep", "--blob", "b")]
    [InlineData("'byok branch list' shows them", "key", "rotate", "k", "--branch", "not-a-branch")]
    [InlineData("--port takes 0 to 65535", "serve", "--port", "65536")]
    [InlineData("--latency is more than 0", "plan", "--blobs", "1", "--bytes", "1", "--latency", "NaN")]
    [InlineData("--output is empty", "blob", "decrypt", "b", "-o", "")]
    public async Task Parse_WrongUsage_NamesIt(string message, params string[] arguments) =>
        CommandAssert.Failed(2, message, await Byok.RunAsync(arguments));

    [Fact]
    public async Task Parse_OptionWithAnEqualsSignAndNothingBehind_DoesNotTakeTheNextArgument()
    {
        var file = Byok.CreateFile("empty-name.bin", 10);

        var result = await Byok.RunAsync("blob", "encrypt", file, "--name=", "--json");

        CommandAssert.Failed(2, "'--name=' has no value", result);
        Assert.Contains("'--name=' has no value", result.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(await stack.Protected.GetBlobClient("--json").ExistsAsync());
    }

    [Fact]
    public async Task Parse_ArgumentThatBeginsWithAt_IsANameAndNoFile()
    {
        var file = Byok.CreateFile("secret-content.bin", 10);

        await Byok.SucceedAsync("blob", "encrypt", file, "--name", "@" + file[1..]);

        await Byok.SucceedAsync("blob", "verify", "@" + file[1..]);
        CommandAssert.Failed(1, $"'@{file}' does not exist", await Byok.RunAsync("blob", "encrypt", "@" + file));
    }

    [Fact]
    public async Task Verify_NameThatAnotherClientGave_IsLookedFor() =>
        CommandAssert.Failed(1, "'protected/a//b/' does not exist", await Byok.RunAsync("blob", "verify", "a//b/"));

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("blob", "encrypt", "--help")]
    public async Task Parse_HelpOrVersion_Succeeds(params string[] arguments) =>
        Assert.NotEmpty((await Byok.SucceedAsync(arguments)).Output);

    [Fact]
    public async Task Encrypt_FileThatTheDiskCannotHold_FailsBeforeAnythingIsUploaded()
    {
        var file = stack.Byok.ScratchFile("sparse.bin");
        using (var sparse = File.Create(file))
        {
            sparse.SetLength(3L * 1024 * 1024 * 1024 * 1024); // takes no room itself
        }

        CommandAssert.Failed(1, "free some space", await stack.Byok.RunAsync("blob", "encrypt", file));

        Assert.False(await stack.Uploads.GetBlobClient("sparse.bin").ExistsAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(stack.Byok.Home, "pending")));
    }

    [Fact]
    public async Task Json_EveryCommand_IsOneDocumentAndNothingElse()
    {
        var file = Byok.CreateFile("json.bin", 100);
        string[][] commands =
        [
            ["status"], ["up"], ["key", "list"], ["branch", "list"], ["branch", "rebuild", StackFixture.Key], ["branch", "list", "nobody"], ["blob", "encrypt", file, "--name", "json"], ["blob", "inspect", "json"], ["blob", "verify", "json"],
            ["blob", "list"], ["blob", "decrypt", "json", "-o", file + ".out"], ["transfer", "inspect", file], ["blob", "verify", "no-such-blob"],
            ["blob", "inspect", "no-such-blob"], ["key", "bring", StackFixture.Key], ["blob", "encrypt", file, "--name", "json"],
        ];

        foreach (var command in commands)
        {
            var result = await Byok.RunAsync([.. command, "--json"]);
            Assert.True(IsJson(result.Output), $"{string.Join(' ', command)}: {result}");
            Assert.EndsWith("\n", result.Output, StringComparison.Ordinal);
            Assert.Equal(result.ExitCode != 0 && command[0] != "transfer", result.Json.ValueKind == JsonValueKind.Object && result.Json.TryGetProperty("error", out _));
        }
    }

    [Fact]
    public async Task Encrypt_FileThatIsNone_IsSaid()
    {
        CommandAssert.Failed(1, "does not exist", await Byok.RunAsync("blob", "encrypt", Byok.ScratchFile("missing")));
        CommandAssert.Failed(1, "does not exist", await Byok.RunAsync("blob", "encrypt", Byok.ScratchFile("missing/file")));
        CommandAssert.Failed(2, "is a folder", await Byok.RunAsync("blob", "encrypt", Byok.Scratch));
        CommandAssert.Failed(2, "is a device or a pipe", await Byok.RunAsync("blob", "encrypt", "/dev/zero"));
        File.CreateSymbolicLink(Byok.ScratchFile("dangling"), Byok.ScratchFile("nowhere"));
        CommandAssert.Failed(1, "does not exist", await Byok.RunAsync("blob", "encrypt", Byok.ScratchFile("dangling")));
    }

    [Fact]
    public async Task Encrypt_FileThatMayNotBeRead_IsSaid()
    {
        var file = Byok.CreateFile("secret.bin", 10);
        File.SetUnixFileMode(file, UnixFileMode.None);

        using var running = Byok.Start(LesserRights.Prefix, ["blob", "encrypt", file]);
        var result = await running.WaitAsync();

        CommandAssert.Failed(1, "permission denied", result);
    }

    [Fact]
    public async Task Decrypt_PlaceThatCannotBeWritten_IsSaidAndNothingIsLeft()
    {
        await stack.EncryptAsync("unwritable", 5_000_000);
        var folder = Directory.CreateDirectory(Byok.ScratchFile("read-only")).FullName;
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        CommandAssert.Failed(1, "folder does not exist", await Byok.RunAsync("blob", "decrypt", "unwritable", "-o", Byok.ScratchFile("no/such/folder/out")));
        CommandAssert.Failed(2, "is a folder", await Byok.RunAsync("blob", "decrypt", "unwritable", "-o", Byok.Scratch));
        CommandAssert.Failed(2, "is a device or a pipe", await Byok.RunAsync("blob", "decrypt", "unwritable", "-o", "/dev/full"));
        using (var running = Byok.Start(LesserRights.Prefix, ["blob", "decrypt", "unwritable", "-o", Path.Combine(folder, "out")]))
        {
            CommandAssert.Failed(1, "cannot be written", await running.WaitAsync());
        }

        Assert.Empty(Directory.GetFiles(folder));
        Assert.Empty(Directory.GetFiles(Byok.Scratch, "*partial*", SearchOption.AllDirectories));
        Assert.False(File.Exists("/dev/full.byok-partial"));
    }

    [Fact]
    public async Task Decrypt_DiskIsFull_IsSaidAndNothingIsLeft()
    {
        await stack.EncryptAsync("too-large", 5_000_000);
        var output = Byok.ScratchFile("too-large.out");
        await File.WriteAllTextAsync(output, "before");

        // The kernel's limit of a file's size fails where a full disk fails, and needs no mount. The runtime itself wants room for its code maps.
        string[] limited = ["prlimit", "--fsize=4000000", "env", "DOTNET_EnableWriteXorExecute=0", "sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];
        using var running = Byok.Start(limited, ["blob", "decrypt", "too-large", "-o", output]);
        var result = await running.WaitAsync();

        CommandAssert.Failed(1, "cannot be written", result);
        Assert.Equal("before", await File.ReadAllTextAsync(output));
        Assert.Empty(ByokHome.Beside(output));
    }

    [Fact]
    public async Task TransferInspect_NoTransferBlob_NamesTheFault()
    {
        var file = Byok.ScratchFile("wrong.byok");
        await File.WriteAllTextAsync(file, """{"schema_version":"1.0.0","header":{"kid":"https://v.example/keys/kek/1","alg":"dir","enc":"A256GCM"},"ciphertext":"AAAA","generator":"x"}""");

        var result = await Byok.RunAsync("transfer", "inspect", file, "--json");

        Assert.Equal(1, result.ExitCode);
        Assert.False(result.Json.GetProperty("sound").GetBoolean());
        Assert.Contains(result.Json.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("message").GetString()!.Contains("CKM_RSA_AES_KEY_WRAP", StringComparison.Ordinal));
        CommandAssert.Failed(1, "missing.byok", await Byok.RunAsync("transfer", "inspect", Byok.ScratchFile("missing.byok")));
    }

    [Fact]
    public async Task TransferInspect_VaultAndSizes_AreCompared()
    {
        var file = Byok.ScratchFile("sound.byok");
        var ciphertext = new string('A', (256 + 1232) * 4 / 3);
        await File.WriteAllTextAsync(
            file, $$$"""{"schema_version":"1.0.0","header":{"kid":"https://v.example/keys/kek/1","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"{{{ciphertext}}}","generator":"x"}""");

        var sound = await Byok.RunAsync("transfer", "inspect", file, "--vault", "https://v.example", "--kek-size", "2048", "--key-size", "2048");
        var other = await Byok.RunAsync("transfer", "inspect", file, "--vault", "https://other.example");

        Assert.True(sound.ExitCode == 0, sound.ToString());
        CommandAssert.Failed(1, "1 fault(s)", other);
        Assert.Contains("is not in the vault https://other.example", other.Output, StringComparison.Ordinal);
        Assert.Contains("RSA-4096 KEK", (await Byok.SucceedAsync("transfer", "inspect", file, "--kek-size", "4096")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TransferInspect_WhatNeverEnds_IsNotReadToItsEnd()
    {
        CommandAssert.Failed(1, "has more than", await Byok.RunAsync("transfer", "inspect", "/dev/zero"));
        CommandAssert.Failed(1, "not a sound transfer blob", await Byok.RunAsync("transfer", "inspect", "/dev/null"));
        CommandAssert.Failed(2, "is a folder", await Byok.RunAsync("transfer", "inspect", Byok.Scratch));
    }

    [Fact]
    public async Task Names_ThatBeginWithAnAtSign_AreNames()
    {
        var file = Byok.CreateFile("@sign", 10);

        await Byok.SucceedAsync("blob", "encrypt", file, "--name", "@sign");

        Assert.Contains("@sign", (await Byok.SucceedAsync("blob", "inspect", "@sign")).Output, StringComparison.Ordinal);
        CommandAssert.Failed(1, "@missing", await Byok.RunAsync("blob", "inspect", "@missing"));
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">/dev/full", "--json")]
    [InlineData(">&-", "--json")]
    [InlineData(">/dev/full 2>/dev/full", "--json")]
    public async Task Output_ThatCannotBeWritten_IsAFailureLikeAnother(string redirection, params string[] arguments)
    {
        string[] redirected = ["sh", "-c", $"exec \"$@\" {redirection}", "sh"];

        using var running = Byok.Start(redirected, ["blob", "list", .. arguments]);
        var result = await running.WaitAsync();

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.DoesNotContain("Unhandled", result.Error, StringComparison.Ordinal);
        Assert.True(redirection.Contains("2>", StringComparison.Ordinal) || result.Error.Contains("output cannot be written", StringComparison.Ordinal), result.ToString());
    }

    [Fact]
    public async Task Help_ThatCannotBeWritten_IsAFailureLikeAnother()
    {
        using var running = Byok.Start(["sh", "-c", "exec \"$@\" >/dev/full", "sh"], ["--help"]);

        CommandAssert.Failed(1, "No space left", await running.WaitAsync());
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
