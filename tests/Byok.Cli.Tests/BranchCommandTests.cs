using System.Security.Cryptography;
using System.Text.Json;
using Azure.Storage.Blobs;
using Byok.Core.Branches;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>Branch keys, through the built program.</summary>
[Collection(LifeCollection.Name)]
public sealed class BranchCommandTests(StackFixture stack)
{
    [Fact]
    public async Task RotateBranch_WithoutId_RetiresTheCurrentOne()
    {
        await BringAsync("retired");
        var file = await EncryptAsync("retired/a", "retired");
        await EncryptAsync("retired/b", "retired");
        var old = Assert.Single(await ListAsync("retired"));
        Assert.Equal("current", old.GetProperty("state").GetString());
        Assert.Equal(2, old.GetProperty("blobs").GetInt64());
        var name = old.GetProperty("branch").GetString()!;

        var retired = (await stack.Byok.SucceedAsync("key", "rotate", "retired", "--branch", "--json")).Json;

        Assert.Equal(name, retired.GetProperty("branch").GetString());
        Assert.True(retired.GetProperty("isRetired").GetBoolean());
        Assert.Equal(2, retired.GetProperty("moved").GetInt64());
        var current = Assert.Single(await ListAsync("retired"));
        Assert.Equal(retired.GetProperty("current").GetString(), current.GetProperty("branch").GetString());
        Assert.Equal(2, current.GetProperty("blobs").GetInt64());
        Assert.Single(await KeysAsync("retired")); // no key was brought for it
        await AssertReadsAsync("retired/a", file);
        CommandAssert.Failed(1, "was retired already", await stack.Byok.RunAsync("key", "rotate", "retired", "--branch", name));
        Assert.Equal(current.ToString(), Assert.Single(await ListAsync("retired")).ToString());
    }

    [Fact]
    public async Task RotateBranch_BlobThatCannotBeMoved_KeepsItSealedUntilItIsMended()
    {
        await BringAsync("kept-sealed");
        var file = await EncryptAsync("kept-sealed/a", "kept-sealed");
        await EncryptAsync("kept-sealed/b", "kept-sealed");
        var name = Assert.Single(await ListAsync("kept-sealed")).GetProperty("branch").GetString()!;
        var blob = stack.Protected.GetBlobClient("kept-sealed/a");
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        await blob.SetMetadataAsync(new Dictionary<string, string>(metadata) { ["byok_written"] = "1" });

        var result = await stack.Byok.RunAsync("key", "rotate", "kept-sealed", "--branch", name);

        CommandAssert.Failed(1, $"byok key rotate kept-sealed --branch {name}", result);
        Assert.Contains("left behind  kept-sealed/a", result.Output, StringComparison.Ordinal);
        Assert.Equal([("current", 1L), ("sealed", 1L)], (await ListAsync("kept-sealed")).Select(row => (row.GetProperty("state").GetString()!, row.GetProperty("blobs").GetInt64())));
        var drawn = await stack.Byok.SucceedAsync("branch", "list", "kept-sealed");
        Assert.Contains(name, drawn.Output, StringComparison.Ordinal); // whole, to be copied into the next command

        await blob.SetMetadataAsync(metadata);
        var retired = (await stack.Byok.SucceedAsync("key", "rotate", "kept-sealed", "--branch", name, "--json")).Json;

        Assert.True(retired.GetProperty("isRetired").GetBoolean());
        Assert.Equal(1, retired.GetProperty("moved").GetInt64());
        Assert.Equal("current", Assert.Single(await ListAsync("kept-sealed")).GetProperty("state").GetString());
        await AssertReadsAsync("kept-sealed/a", file);
    }

    [Fact]
    public async Task Rebuild_RecordLostOrDamaged_MakesItAnewFromTheBlobs()
    {
        await BringAsync("rebuilt");
        var file = await EncryptAsync("rebuilt/a", "rebuilt");
        var listed = Assert.Single(await ListAsync("rebuilt"));
        var name = listed.GetProperty("branch").GetString()!;
        foreach (var damage in new Func<BlobClient, Task>[] { record => record.DeleteAsync(), record => record.UploadAsync(BinaryData.FromString("{}"), overwrite: true) })
        {
            await damage(RecordOf("rebuilt", name));
            Assert.False(Assert.Single(await ListAsync("rebuilt")).GetProperty("hasRecord").GetBoolean());
            Assert.Contains("no record", (await stack.Byok.SucceedAsync("branch", "list", "rebuilt")).Output, StringComparison.Ordinal);
            await AssertReadsAsync("rebuilt/a", file); // by the blob's copy

            var rebuilt = (await stack.Byok.SucceedAsync("branch", "rebuild", "rebuilt", "--json")).Json;

            Assert.Equal(name, Assert.Single(rebuilt.GetProperty("rebuilt").EnumerateArray()).GetString());
            Assert.Equal(listed.ToString(), Assert.Single(await ListAsync("rebuilt")).ToString());
        }

        var again = (await stack.Byok.SucceedAsync("branch", "rebuild", "rebuilt", "--json")).Json;
        Assert.Equal(name, Assert.Single(again.GetProperty("good").EnumerateArray()).GetString());
        Assert.Empty(again.GetProperty("rebuilt").EnumerateArray());
        var recorded = (await stack.Byok.SucceedAsync("ledger", "show", "--operation", "rebuild-rebuilt-", "--json")).Json.EnumerateArray()
            .Select(entry => entry.GetProperty("event").GetProperty("kind").GetString());
        Assert.Equal(["branch.rebuilt", "branch.rebuilt"], recorded);
    }

    [Fact]
    public async Task Rebuild_OnlyADisabledVersionUnwraps_AsksBeforeItIsEnabled()
    {
        await BringAsync("asked");
        var file = await EncryptAsync("asked/a", "asked");
        var name = Assert.Single(await ListAsync("asked")).GetProperty("branch").GetString()!;
        await stack.Byok.SucceedAsync("key", "rotate", "asked");
        await RecordOf("asked", name).DeleteAsync();
        var keys = string.Join('\n', await KeysAsync("asked"));
        CommandAssert.Failed(3, "asked", await stack.Byok.RunAsync("blob", "decrypt", "asked/a", "-o", file + ".out"));

        foreach (var answer in new[] { "yes", string.Empty, "asked2" })
        {
            var declined = await RebuildAsync("asked", answer);

            CommandAssert.Failed(1, "Nothing was enabled", declined);
            Assert.Contains("/keys/asked/", declined.Error, StringComparison.Ordinal); // the versions in question
            Assert.Equal(keys, string.Join('\n', await KeysAsync("asked")));
            Assert.False(await RecordOf("asked", name).ExistsAsync());
        }

        var rebuilt = await RebuildAsync("asked", "asked");

        Assert.True(rebuilt.ExitCode == 0, rebuilt.ToString());
        Assert.Equal(name, Assert.Single(rebuilt.Json.GetProperty("rebuilt").EnumerateArray()).GetString());
        Assert.Equal(keys, string.Join('\n', await KeysAsync("asked"))); // the old version is disabled again
        await AssertReadsAsync("asked/a", file);
    }

    [Fact]
    public async Task Rebuild_KeyRevoked_IsRefusedAndEnablesNothing()
    {
        await BringAsync("rebuild-revoked");
        await EncryptAsync("rebuild-revoked/a", "rebuild-revoked");
        var name = Assert.Single(await ListAsync("rebuild-revoked")).GetProperty("branch").GetString()!;
        await stack.Byok.SucceedAsync("key", "revoke", "rebuild-revoked");
        await RecordOf("rebuild-revoked", name).DeleteAsync();
        var keys = string.Join('\n', await KeysAsync("rebuild-revoked"));

        CommandAssert.Failed(3, "restore it first", await RebuildAsync("rebuild-revoked", "rebuild-revoked"));

        Assert.Equal(keys, string.Join('\n', await KeysAsync("rebuild-revoked")));
        Assert.False(await RecordOf("rebuild-revoked", name).ExistsAsync());
    }

    [Fact]
    public async Task Branch_OfAKeyThatIsNotThere_EndsWithKeyUnavailable()
    {
        CommandAssert.Failed(3, "nobody", await stack.Byok.RunAsync("branch", "list", "nobody"));
        CommandAssert.Failed(3, "nobody", await stack.Byok.RunAsync("branch", "rebuild", "nobody"));
    }

    private Task BringAsync(string key) => stack.Byok.SucceedAsync("key", "bring", key, "--size", "2048");

    private async Task<string> EncryptAsync(string name, string key)
    {
        var file = stack.Byok.CreateFile($"{Guid.NewGuid():N}.bin", 5000, name.Length);
        await stack.Byok.SucceedAsync("blob", "encrypt", file, "--name", name, "--key", key);
        return file;
    }

    private async Task<List<JsonElement>> ListAsync(string key) => [.. (await stack.Byok.SucceedAsync("branch", "list", key, "--json")).Json.EnumerateArray()];

    private async Task<List<JsonElement>> KeysAsync(string key) => [.. (await stack.Byok.SucceedAsync("key", "list", key, "--json")).Json.EnumerateArray()];

    private BlobClient RecordOf(string key, string branch) =>
        stack.Service.GetBlobContainerClient("branches").GetBlobClient(BranchRecord.BlobNameOf(key, BranchName.TryParse(branch, out var name) ? name : throw new ArgumentException(branch)));

    /// <summary>With an answer to the question that it may ask; an empty one is the end of the input.</summary>
    private async Task<CommandResult> RebuildAsync(string key, string answer)
    {
        using var running = stack.Byok.Start(answer.Length == 0 ? ["env"] : ["sh", "-c", "echo \"$0\" | \"$@\"", answer], ["branch", "rebuild", key, "--json"]);
        return await running.WaitAsync();
    }

    private async Task AssertReadsAsync(string name, string file)
    {
        await stack.Byok.SucceedAsync("blob", "decrypt", name, "-o", file + ".out");
        Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(file)), SHA256.HashData(await File.ReadAllBytesAsync(file + ".out")));
    }
}
