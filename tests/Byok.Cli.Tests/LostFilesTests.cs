using System.Text;
using System.Text.Json;
using Byok.Testing.CommandLine;
using Microsoft.Data.Sqlite;

namespace Byok.Cli.Tests;

/// <summary>Files of the stack that are damaged or gone: what guards a key is not rebuilt weaker, and no token is replaced in silence.</summary>
public sealed class LostFilesTests(LostFilesFixture stack) : IClassFixture<LostFilesFixture>
{
    private ByokHome Byok => stack.Byok;

    [Theory]
    [InlineData("deleted")]
    [InlineData("emptied")]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("null")]
    public async Task Up_StackFileIsLost_TakesSettingsFromWhereElseTheyAreKept(string damage)
    {
        await stack.RestoreAsync();
        var file = stack.Place("stack.json");
        if (damage != "deleted")
        {
            var damaged = Damage(await File.ReadAllBytesAsync(file), damage);
            await File.WriteAllBytesAsync(file, damaged);

            CommandAssert.Failed(1, "delete it and run 'byok up' again", await Byok.RunAsync("up"));
            Assert.Equal(damaged, await File.ReadAllBytesAsync(file));
        }

        File.Delete(file);

        AssertSettings((await Byok.SucceedAsync("up", "--json")).Json);
        using var rules = JsonDocument.Parse(await File.ReadAllBytesAsync(stack.Place("agent.json")));
        Assert.Equal(2, rules.RootElement.GetProperty("policy").GetProperty("requiredApprovals").GetInt32());
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("emptied")]
    [InlineData("weakened")]
    public async Task Up_StackFileAndAgentFileAreLost_TakesTheStrictestOfWhatIsLeft(string damage)
    {
        await stack.RestoreAsync();
        File.Delete(stack.Place("stack.json"));
        var rules = stack.Place("agent.json");
        var text = await File.ReadAllTextAsync(rules);
        File.Delete(rules);
        if (damage != "deleted")
        {
            await File.WriteAllTextAsync(rules, damage == "emptied" ? string.Empty : text.Replace("\"requiredApprovals\": 2", "\"requiredApprovals\": 0", StringComparison.Ordinal));
        }

        AssertSettings((await Byok.SucceedAsync("up", "--json")).Json);
    }

    [Fact]
    public async Task Up_SettingsAreKnownNowhere_IsRefusedUntilTheyAreChosen()
    {
        await stack.RestoreAsync();
        File.Delete(stack.Place("stack.json"));
        File.Delete(stack.Place("agent.json"));
        ForgetNotes();

        CommandAssert.Failed(1, "byok up --require-approvals N", await Byok.RunAsync("up"));
        Assert.False(File.Exists(stack.Place("agent.json")));
        CommandAssert.Failed(1, "byok up --default-key NAME", await Byok.RunAsync("up", "--require-approvals", "2"));
        Assert.False(File.Exists(stack.Place("stack.json")));
        CommandAssert.Failed(1, "'third'", await Byok.RunAsync("up", "--require-approvals", "2", "--default-key", "third"));

        AssertSettings((await Byok.SucceedAsync("up", "--require-approvals", "2", "--default-key", LostFilesFixture.DefaultKey, "--json")).Json);
    }

    [Fact]
    public async Task Up_StackOfAnEditionThatKeptNothing_TakesApprovalsFromTheAgentsFile()
    {
        await stack.RestoreAsync();
        File.Delete(stack.Place("stack.json"));
        ForgetNotes();

        AssertSettings((await Byok.SucceedAsync("up", "--default-key", LostFilesFixture.DefaultKey, "--json")).Json);
    }

    [Theory]
    [InlineData("hsm", "cut")]
    [InlineData("hsm", "objects gone")]
    [InlineData("hsm", "objects emptied")]
    [InlineData("hsm", "token folder gone")]
    [InlineData("hsm", "all gone")]
    [InlineData("hsm", "key gone")]
    [InlineData("vault", "cut")]
    [InlineData("vault", "objects gone")]
    [InlineData("vault", "objects emptied")]
    [InlineData("vault", "token folder gone")]
    [InlineData("vault", "all gone")]
    [InlineData("vault", "key gone")]
    public async Task Up_TokenIsDamaged_IsRefusedAndMakesNone(string token, string damage)
    {
        await stack.RestoreAsync();
        DamageToken(token, damage);
        var left = Tokens(token);

        for (var time = 0; time < 2; time++) // what a refusal leaves must not pass the next time
        {
            var refused = await Byok.RunAsync("up");
            CommandAssert.Failed(1, $"'{stack.Place("tokens", token)}'", refused);
            Assert.Contains("from its backup", refused.Sentence.Replace("from the same backup", "from its backup", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Equal(damage == "key gone", refused.Sentence.Contains("lacks 1 of the", StringComparison.Ordinal));
            Assert.Equal(damage == "cut", refused.Sentence.Contains("are damaged", StringComparison.Ordinal));
        }

        Assert.Equal(left, Tokens(token));
        Assert.Empty(await RunningAsync());
    }

    [Theory]
    [InlineData("hsm", "stack.json")]
    [InlineData("vault", "stack.json")]
    [InlineData("hsm", "stack.json", "agent.json", "agent")]
    [InlineData("vault", "stack.json", "agent.json", "agent")]
    [InlineData("vault", "vault.db")]
    public async Task Up_TokenAndOtherFilesAreLost_IsRefusedAsLongAsAnythingSpeaksOfIt(string token, params string[] others)
    {
        await stack.RestoreAsync();
        DamageToken(token, "all gone");
        foreach (var path in others.Select(other => stack.Place(other)))
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }

            File.Delete(path);
        }

        CommandAssert.Failed(1, $"'{stack.Place("tokens", token)}'", await Byok.RunAsync("up"));
        Assert.Empty(Tokens(token));
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("emptied")]
    public async Task Up_VaultDatabaseIsLost_IsRefused(string damage)
    {
        await stack.RestoreAsync();
        File.Delete(stack.Place("vault.db"));
        if (damage == "emptied")
        {
            await File.WriteAllBytesAsync(stack.Place("vault.db"), []);
        }

        CommandAssert.Failed(1, "vault.db", await Byok.RunAsync("up"));
        CommandAssert.Failed(1, "vault.db", await Byok.RunAsync("up"));
    }

    [Theory]
    [InlineData("hsm")]
    [InlineData("vault")]
    public async Task Up_DamagedTokenIsRestored_GoesOn(string token)
    {
        await stack.RestoreAsync();
        await Byok.SucceedAsync("up");
        DamageToken(token, "cut");
        if (token == "vault")
        {
            CommandAssert.Failed(1, stack.Place("tokens", token), await Byok.RunAsync("key", "list"));
            CommandAssert.Failed(1, stack.Place("tokens", token), await Byok.RunAsync("blob", "verify", "b"));
        }

        CommandAssert.Failed(1, stack.Place("tokens", token), await Byok.RunAsync("up"));
        stack.RestoreOver("tokens", token);

        AssertSettings((await Byok.SucceedAsync("up", "--json")).Json);
        await AssertReadsAsync();
    }

    [Fact]
    public async Task Up_LossIsAcceptedThenTheBackupIsFound_TokensAreToldApartBySerialNumber()
    {
        await stack.RestoreAsync();
        DamageToken("vault", "token folder gone");
        var fresh = SerialNumbers((await Byok.SucceedAsync("up", "--accept-token-loss", "--require-approvals", "0", "--json")).Json);
        Assert.NotEqual(stack.VaultSerialNumber, fresh.Vault);
        Assert.Equal(stack.HsmSerialNumber, fresh.Hsm);
        CommandAssert.Failed(3, "holds no key", await Byok.RunAsync("blob", "verify", "b"));
        await Byok.SucceedAsync("key", "restore", LostFilesFixture.DefaultKey);
        await AssertReadsAsync();
        await Byok.SucceedAsync("up");
        await Byok.SucceedAsync("down");

        stack.RestoreOver("tokens", "vault");
        foreach (var log in new[] { "vault.db-wal", "vault.db-shm" })
        {
            File.Delete(stack.Place(log));
        }

        stack.RestoreOver("vault.db");

        var refused = await Byok.RunAsync("up");
        CommandAssert.Failed(1, "byok up --vault-token SERIAL", refused);
        Assert.Contains(stack.VaultSerialNumber, refused.Sentence, StringComparison.Ordinal);
        Assert.Contains(fresh.Vault!, refused.Sentence, StringComparison.Ordinal);
        AssertSettings((await Byok.SucceedAsync("up", "--vault-token", stack.VaultSerialNumber, "--json")).Json);
        await Byok.SucceedAsync("up");
        await AssertReadsAsync();
    }

    [Fact]
    public async Task Up_HsmTokenIsLostAndThatIsAccepted_BlobsAreReadAndNewKeysAreBrought()
    {
        await stack.RestoreAsync();
        DamageToken("hsm", "all gone");

        var up = (await Byok.SucceedAsync("up", "--accept-token-loss", "--require-approvals", "0", "--json")).Json;

        Assert.NotEqual(stack.HsmSerialNumber, SerialNumbers(up).Hsm);
        await AssertReadsAsync();
        await Byok.SucceedAsync("key", "bring", "third", "--size", "2048");
        await Byok.SucceedAsync("up");
        await Byok.SucceedAsync("down");
        DamageToken("hsm", "key gone");
        CommandAssert.Failed(1, "'third'", await Byok.RunAsync("up"));
    }

    private static byte[] Damage(byte[] sound, string damage)
    {
        switch (damage)
        {
            case "emptied":
                return [];
            case "null":
                return "null"u8.ToArray();
            case "cut":
                return sound[..(sound.Length / 2)];
            default:
                var member = Encoding.UTF8.GetBytes("\"requiredApprovals\":");
                var place = sound.AsSpan().IndexOf(member) + member.Length;
                Assert.Equal((byte)'2', sound[place]);
                sound[place] ^= 2; // one bit: still JSON, and it says 0
                return sound;
        }
    }

    private void DamageToken(string token, string damage)
    {
        var objects = stack.Place("tokens", token, "objects");
        switch (damage)
        {
            case "cut":
                using (var file = File.OpenWrite(Path.Combine(stack.TokenFolder(token), "token.object")))
                {
                    file.SetLength(40);
                }

                break;
            case "objects gone":
                Directory.Delete(objects, recursive: true);
                break;
            case "objects emptied":
                Directory.Delete(objects, recursive: true);
                Directory.CreateDirectory(objects);
                break;
            case "token folder gone":
                Directory.Delete(stack.TokenFolder(token), recursive: true);
                break;
            case "all gone":
                Directory.Delete(stack.Place("tokens", token), recursive: true);
                break;
            default:
                // The key that was made last. In the HSM it has two halves, each in a file of its own.
                foreach (var file in new DirectoryInfo(stack.TokenFolder(token)).GetFiles("*.object")
                    .Where(file => file.Name != "token.object").OrderByDescending(file => file.LastWriteTimeUtc).Take(token == "hsm" ? 2 : 1))
                {
                    file.Delete();
                }

                break;
        }
    }

    private string[] Tokens(string token) =>
        Directory.Exists(stack.Place("tokens", token, "objects")) ? [.. Directory.GetDirectories(stack.Place("tokens", token, "objects")).Order()] : [];

    private async Task<IEnumerable<string>> RunningAsync() =>
        (await Byok.ProcessesAsync()).Where(process => ByokHome.IsAlive(process.Id)).Select(process => process.Name);

    private void ForgetNotes()
    {
        using var connection = new SqliteConnection($"Data Source={stack.Place("vault.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "DROP TABLE notes";
        command.ExecuteNonQuery();
    }

    private void AssertSettings(JsonElement status)
    {
        Assert.True(status.GetProperty("up").GetBoolean());
        Assert.Equal(2, status.GetProperty("requiredApprovals").GetInt32());
        Assert.Equal(LostFilesFixture.DefaultKey, status.GetProperty("defaultKey").GetString());
        Assert.Equal((stack.HsmSerialNumber, stack.VaultSerialNumber), SerialNumbers(status));
    }

    private static (string? Hsm, string? Vault) SerialNumbers(JsonElement status) =>
        (status.GetProperty("tokens")[0].GetProperty("serialNumber").GetString(), status.GetProperty("tokens")[1].GetProperty("serialNumber").GetString());

    private async Task AssertReadsAsync()
    {
        var output = Byok.ScratchFile($"{Guid.NewGuid():N}.out");
        await Byok.SucceedAsync("blob", "decrypt", "b", "-o", output);
        Assert.Equal(await File.ReadAllBytesAsync(stack.File), await File.ReadAllBytesAsync(output));
    }
}
