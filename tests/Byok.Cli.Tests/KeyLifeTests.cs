using System.Text.Json;
using Byok.Local.Tokens;
using Byok.Local.Vault;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>Rotate, revoke and restore, through the built program.</summary>
[Collection(LifeCollection.Name)]
public sealed class KeyLifeTests(StackFixture stack)
{
    [Fact]
    public async Task Rotate_ThenRevokeAndRestore_ReadsFollowTheKey()
    {
        await BringAsync("life");
        var file = await EncryptAsync("life/a", "life");
        await EncryptAsync("life/b", "life");
        var before = (await stack.Byok.SucceedAsync("blob", "inspect", "life/a", "--json")).Json;

        var rotated = (await stack.Byok.SucceedAsync("key", "rotate", "life", "--json")).Json;

        Assert.Equal([before.GetProperty("branch").GetProperty("name").GetString()], rotated.GetProperty("branches").EnumerateArray().Select(branch => branch.GetString()));
        Assert.Equal(0, rotated.GetProperty("leftBehind").GetInt64());
        var old = before.GetProperty("wrappingKey").GetProperty("id").GetString();
        Assert.Equal(old, Assert.Single(rotated.GetProperty("disabled").EnumerateArray()).GetString());
        var after = (await stack.Byok.SucceedAsync("blob", "inspect", "life/a", "--json")).Json;
        Assert.Equal(rotated.GetProperty("keyId").GetString(), after.GetProperty("wrappingKey").GetProperty("id").GetString());
        Assert.Equal(before.GetProperty("blobId").GetString(), after.GetProperty("blobId").GetString());
        Assert.Equal(before.GetProperty("etag").GetString(), after.GetProperty("etag").GetString()); // no blob is touched
        await AssertReadsAsync("life/a", file);

        var revoked = (await stack.Byok.SucceedAsync("key", "revoke", "life", "--json")).Json;
        Assert.Equal("disable", revoked.GetProperty("mode").GetString());
        Assert.True(revoked.GetProperty("refusedAfterSeconds").GetDouble() < 60);
        await AssertRefusedAsync("/keys/life/", "life/a", "life/b");
        Assert.Equal("disabled", (await stack.Byok.SucceedAsync("blob", "inspect", "life/a", "--json")).Json.GetProperty("wrappingKey").GetProperty("state").GetString());
        CommandAssert.Failed(3, "life", await stack.Byok.RunAsync("blob", "encrypt", file, "--name", "life/c", "--key", "life"));
        CommandAssert.Failed(1, "revoked already", await stack.Byok.RunAsync("key", "revoke", "life"));
        CommandAssert.Failed(3, "restore it first", await stack.Byok.RunAsync("key", "rotate", "life"));

        Assert.Equal("disabled", await RestoreAsync("life"));
        await AssertReadsAsync("life/a", file);

        await stack.Byok.SucceedAsync("key", "revoke", "life", "--delete");
        await AssertRefusedAsync("'life' is deleted", "life/b");
        Assert.Equal("deleted", await RestoreAsync("life"));
        await AssertReadsAsync("life/a", file);
        Assert.Equal("disabled", (await VersionAsync("life", old!)).GetProperty("state").GetString()); // A rotation put it out of use, not the revocation.
    }

    [Theory]
    [InlineData("kill-disable", false)]
    [InlineData("kill-delete", true)]
    public async Task Revoke_KilledThenRestoredAndRevokedAgain_Kills(string key, bool isDeleted)
    {
        string[] revoke = isDeleted ? ["key", "revoke", key, "--delete"] : ["key", "revoke", key];
        await BringAsync(key);
        var file = await EncryptAsync($"{key}/a", key);
        foreach (var isRotated in new[] { false, true })
        {
            using (var command = stack.Byok.Start(revoke))
            {
                await command.WaitForAsync("probing");
                command.Kill();
                await command.WaitAsync();
            }

            await RestoreAsync(key);
            await AssertReadsAsync($"{key}/a", file);
            if (isRotated)
            {
                await stack.Byok.SucceedAsync("key", "rotate", key);
            }

            var revoked = (await stack.Byok.SucceedAsync([.. revoke, "--json"])).Json;

            Assert.Single(revoked.GetProperty("versions").EnumerateArray());
            await AssertRefusedAsync(isDeleted ? $"'{key}' is deleted" : $"/keys/{key}/", $"{key}/a");
            CommandAssert.Failed(3, key, await stack.Byok.RunAsync("blob", "encrypt", file, "--name", $"{key}/b", "--key", key));
            CommandAssert.Failed(3, "restore it first", await stack.Byok.RunAsync("key", "bring", key, "--label", $"{key}-other"));
            await RestoreAsync(key);
            await AssertReadsAsync($"{key}/a", file);
        }
    }

    [Fact]
    public async Task Revoke_RestoredWhileItProbes_OneOfThemHolds()
    {
        await BringAsync("contested");
        var file = await EncryptAsync("contested/a", "contested");
        using var revocation = stack.Byok.Start("key", "revoke", "contested");
        await revocation.WaitForAsync("probing");

        await RestoreAsync("contested");

        // On a slow machine the revocation may have ended before the restore began; then it did not lose.
        var revoked = await revocation.WaitAsync();
        if (revoked.ExitCode != 0)
        {
            CommandAssert.Failed(1, "was restored meanwhile", revoked);
        }

        await AssertReadsAsync("contested/a", file);
    }

    [Fact]
    public async Task Restore_AfterAPurge_BringsTheKeyAgainAndEveryBlobReads()
    {
        await BringAsync("purged");
        var file = await EncryptAsync("purged/a", "purged");
        await stack.Byok.SucceedAsync("key", "revoke", "purged", "--delete");
        await PurgeAsync("purged");
        await AssertRefusedAsync("holds no key 'purged'", "purged/a");

        var restored = await stack.Byok.SucceedAsync("key", "restore", "purged");

        await AssertReadsAsync("purged/a", file);
        Assert.Contains("this installation's own record", restored.Output, StringComparison.Ordinal); // where the pins come from
        var version = Assert.Single((await stack.Byok.SucceedAsync("key", "list", "purged", "--json")).Json.EnumerateArray());
        Assert.Equal(1, version.GetProperty("blobs").GetInt64());
        var inspected = (await stack.Byok.SucceedAsync("blob", "inspect", "purged/a", "--json")).Json;
        Assert.Equal(version.GetProperty("id").GetString(), inspected.GetProperty("wrappingKey").GetProperty("id").GetString());
        Assert.Equal("current", inspected.GetProperty("branch").GetProperty("state").GetString());
    }

    [Fact]
    [Trait("Category", "Long")] // its small version is a test of the pipeline
    public async Task Rotate_Deep_EncryptsAnew()
    {
        await BringAsync("deep");
        var file = await EncryptAsync("deep/a", "deep");
        await EncryptAsync("deep/b", "deep");
        var before = (await stack.Byok.SucceedAsync("blob", "inspect", "deep/a", "--json")).Json.GetProperty("blobId").GetString();

        await stack.Byok.SucceedAsync("key", "rotate", "deep", "--deep", "--blob", "deep/a");

        var one = (await stack.Byok.SucceedAsync("blob", "inspect", "deep/a", "--json")).Json.GetProperty("blobId").GetString();
        Assert.NotEqual(before, one);
        Assert.Single((await stack.Byok.SucceedAsync("key", "list", "deep", "--json")).Json.EnumerateArray());
        await AssertReadsAsync("deep/a", file);

        var rotated = (await stack.Byok.SucceedAsync("key", "rotate", "deep", "--deep", "--json")).Json;
        Assert.Equal(2, rotated.GetProperty("reencrypted").GetInt64());
        Assert.NotEqual(one, (await stack.Byok.SucceedAsync("blob", "inspect", "deep/a", "--json")).Json.GetProperty("blobId").GetString());
        await AssertReadsAsync("deep/a", file);
    }

    [Fact]
    [Trait("Category", "Long")] // its small version is a test of the pipeline
    public async Task Revoke_Rehearsal_TouchesACanaryOnly()
    {
        await BringAsync("kept");
        var file = await EncryptAsync("kept/a", "kept");
        var keys = (await stack.Byok.SucceedAsync("key", "list", "--json")).Output;

        var rehearsed = (await stack.Byok.SucceedAsync("key", "revoke", "kept", "--rehearse", "--json")).Json;

        Assert.True(rehearsed.GetProperty("canaryWasUnreadable").GetBoolean());
        Assert.NotEqual("kept", rehearsed.GetProperty("keyName").GetString());
        Assert.Equal(keys, (await stack.Byok.SucceedAsync("key", "list", "--json")).Output);
        await AssertReadsAsync("kept/a", file);
    }

    [Fact]
    public async Task Operations_ThatCannotBe_SaySoAndChangeNothing()
    {
        var keys = (await stack.Byok.SucceedAsync("key", "list", "--json")).Output;
        (int ExitCode, string Saying, string[] Command)[] refusals =
        [
            (3, "nobody", ["key", "rotate", "nobody"]),
            (3, "nobody", ["key", "revoke", "nobody"]),
            (3, "nobody", ["key", "restore", "nobody"]),
            (1, "is not revoked", ["key", "restore", StackFixture.Key]),
            (1, "not-in-hsm", ["key", "rotate", StackFixture.Key, "--label", "not-in-hsm"]),
            (1, "is the one that", ["key", "rotate", StackFixture.Key, "--label", StackFixture.Key]),
            (1, "nothing-there", ["key", "rotate", StackFixture.Key, "--deep", "--blob", "nothing-there"]),
            (2, "--deep", ["key", "rotate", StackFixture.Key, "--blob", "nothing-there"]),
            (3, "nobody", ["key", "rotate", "nobody", "--branch"]),
            (1, "is not pinned", ["key", "rotate", StackFixture.Key, "--branch", new string('A', 43)]),
            (2, "24:00:00", ["key", "rotate", StackFixture.Key, "--grace", "24:00:00"]),
            (2, "key name", ["key", "revoke", "no_name"]),
            (2, "0 to 100", ["audit", "--scrub", "101"]),
        ];
        foreach (var (exitCode, saying, command) in refusals)
        {
            CommandAssert.Failed(exitCode, saying, await stack.Byok.RunAsync(command));
        }

        Assert.Equal(keys, (await stack.Byok.SucceedAsync("key", "list", "--json")).Output);
    }

    [Fact]
    [Trait("Category", "Long")] // its small version is a test of the pipeline
    public async Task Rotate_WhileOneRuns_IsRefusedAndChangesNothing()
    {
        await BringAsync("twice");
        using var first = stack.Byok.Start("key", "rotate", "twice", "--grace", "1h");
        await first.WaitForAsync("the old version is disabled after");
        var keys = (await stack.Byok.SucceedAsync("key", "list", "twice", "--json")).Output;

        CommandAssert.Failed(1, "is under way", await stack.Byok.RunAsync("key", "rotate", "twice"));
        CommandAssert.Failed(1, "is under way", await stack.Byok.RunAsync("key", "rotate", "twice", "--label", "another"));
        CommandAssert.Failed(1, "is under way", await stack.Byok.RunAsync("key", "rotate", "twice", "--branch"));

        Assert.Equal(keys, (await stack.Byok.SucceedAsync("key", "list", "twice", "--json")).Output);
        first.Kill();
    }

    private Task BringAsync(string key) => stack.Byok.SucceedAsync("key", "bring", key, "--size", "2048");

    private async Task<string> EncryptAsync(string name, string key)
    {
        var file = stack.Byok.CreateFile($"{Guid.NewGuid():N}.bin", 5000, name.Length);
        await stack.Byok.SucceedAsync("blob", "encrypt", file, "--name", name, "--key", key);
        return file;
    }

    private async Task<string?> RestoreAsync(string key) =>
        (await stack.Byok.SucceedAsync("key", "restore", key, "--json")).Json.GetProperty("found").GetString();

    private async Task<JsonElement> VersionAsync(string key, string id) =>
        (await stack.Byok.SucceedAsync("key", "list", key, "--json")).Json.EnumerateArray().Single(row => id.EndsWith(row.GetProperty("version").GetString()!, StringComparison.Ordinal));

    private async Task AssertReadsAsync(string name, string file)
    {
        await stack.Byok.SucceedAsync("blob", "decrypt", name, "-o", file + ".out");
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(file + ".out"));
    }

    /// <summary>A command is a process of its own, without a branch key in memory: the refusal is immediate.</summary>
    private async Task AssertRefusedAsync(string saying, params string[] names)
    {
        foreach (var name in names)
        {
            var output = stack.Byok.ScratchFile($"{Guid.NewGuid():N}.out");
            CommandAssert.Failed(3, saying, await stack.Byok.RunAsync("blob", "decrypt", name, "-o", output));
            CommandAssert.Failed(3, saying, await stack.Byok.RunAsync("blob", "verify", name));
            Assert.False(File.Exists(output));
        }
    }

    /// <summary>What the vault's owner can do and no command of ours does: destroys a deleted key.</summary>
    private async Task PurgeAsync(string key)
    {
        using var softHsm = SoftHsm.Open(Path.Combine(stack.Byok.Home, "tokens", "vault"));
        using var token = softHsm.OpenToken("vault-hsm");
        using var vault = await LocalVault.OpenAsync(Path.Combine(stack.Byok.Home, "vault.db"), token, new LocalVaultOptions(), TimeProvider.System, default);
        await vault.PurgeDeletedKeyAsync(key, default);
    }
}
