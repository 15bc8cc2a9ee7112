using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Pipeline.Tests.Branches;

/// <summary>What somebody can do who may write to storage and knows every public key, and what he cannot.</summary>
public sealed class BranchAttackTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_BranchOfSomebodysOwn_IsRefusedAndNothingIsUnwrapped(bool hasRecord)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        using var own = BranchKey.Generate();
        var version = await stack.CurrentVersionAsync();
        var forged = stack.Forge("a", own, version);
        await stack.StoreAsync("a", forged);
        if (hasRecord)
        {
            await stack.Records.AddAsync(BranchStack.Key, own.Name, forged.Header.Wrapping, CancellationToken.None);
        }

        await AssertRefusedAsync(stack, "a");
        Assert.Contains("a", (await stack.AuditAsync())["blob-branch-not-pinned"]);
    }

    [Fact]
    public async Task Read_BranchThatIsPinnedForAnotherKey_IsRefusedAndNothingIsUnwrapped()
    {
        using var stack = await BranchStack.CreateAsync(options => options with { AcceptedKeys = [BranchStack.Key, "other"] });
        await stack.BringAsync("other");
        await stack.ProtectAsync("a", "content");
        using var own = BranchKey.Generate();
        var other = await stack.CurrentVersionAsync("other");
        stack.Vault.Replace(other with { Tags = (await stack.PinsAsync("other")).SealCurrentAndPin(own.Name).WriteTo(other.Tags) });
        await stack.StoreAsync("a", stack.Forge("a", own, await stack.CurrentVersionAsync()));

        await AssertRefusedAsync(stack, "a");
    }

    [Fact]
    public async Task Read_KeyThatIsNotAccepted_IsRefusedAndNothingIsUnwrapped()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.BringAsync("other");
        using var own = BranchKey.Generate();
        var other = await stack.CurrentVersionAsync("other");
        stack.Vault.Replace(other with { Tags = (await stack.PinsAsync("other")).SealCurrentAndPin(own.Name).WriteTo(other.Tags) });
        await stack.StoreAsync("a", stack.Forge("a", own, other));

        await AssertRefusedAsync(stack, "a");
        Assert.Contains("a", (await stack.AuditAsync())["blob-key-not-accepted"]);
    }

    [Fact]
    public async Task Read_BlobOfARetiredBranchPutBack_IsRefusedAndNothingIsUnwrapped()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var blob = stack.Storage.Protected.Client.GetBlobClient("a");
        var (metadata, content) = ((await blob.GetPropertiesAsync()).Value.Metadata, (await blob.DownloadContentAsync()).Value.Content);
        await stack.RetireAsync();
        await blob.UploadAsync(content, new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = metadata });

        await AssertRefusedAsync(stack, "a");
        Assert.Contains("a", (await stack.AuditAsync())["blob-branch-not-pinned"]);
    }

    [Theory]
    [InlineData("of another key")]
    [InlineData("malformed")]
    [InlineData("missing")]
    public async Task Read_RecordSaysNothing_TheCopyServesAndTheAuditSaysSo(string record)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var branch = (await stack.PinsAsync()).Current!;
        var name = BranchRecord.BlobNameOf(BranchStack.Key, branch);
        var right = await stack.RecordAsync(branch);
        if (record == "missing")
        {
            await stack.Storage.Branches.DeleteAsync(name, null, CancellationToken.None);
        }
        else
        {
            var text = record == "malformed" ? "{" : System.Text.Encoding.UTF8.GetString(right.ToUtf8Json()).Replace("/keys/alpha/", "/keys/beta/", StringComparison.Ordinal);
            await stack.Storage.Branches.PutAsync(name, BinaryData.FromString(text), "application/json", null, CancellationToken.None);
        }

        stack.Forget();
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Contains(name, (await stack.AuditAsync())[record == "missing" ? "branch-record-missing" : "branch-record-malformed"]);
    }

    [Fact]
    public async Task Read_RecordRolledBackBehindARotation_IsFoundAndTheCopyOfLaterBlobsServes()
    {
        using var stack = await BranchStack.CreateAsync();
        var name = BranchRecord.BlobNameOf(BranchStack.Key, (await stack.PinsAsync()).Current!);
        var (old, _) = await stack.Storage.Branches.ReadAsync(name, CancellationToken.None);
        await stack.RotateAsync();
        await stack.ProtectAsync("a", "content");
        await stack.Storage.Branches.PutAsync(name, old, "application/json", null, CancellationToken.None);

        stack.Forget();
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Contains(name, (await stack.AuditAsync())["branch-unproved"]);
    }

    [Fact]
    public async Task Bring_RecordThatSomebodyPutThere_IsNotTakenUp()
    {
        using var stack = await BranchStack.CreateAsync(options => options with { AcceptedKeys = [BranchStack.Key, "other"] });
        using var own = BranchKey.Generate();
        stack.Vault.OnImport = _ =>
        {
            // Between import and activation he has all that he needs: the version's public part.
            stack.Vault.OnUpdate = (id, _) =>
            {
                stack.Vault.OnUpdate = null;
                var version = stack.Vault.GetKeyAsync(id.Name, id.Version, CancellationToken.None).GetAwaiter().GetResult();
                stack.Records.AddAsync("other", own.Name, own.WrapWith(id, version.RequirePublicKey()), CancellationToken.None).GetAwaiter().GetResult();
            };
        };

        await stack.BringAsync("other");

        Assert.False((await stack.PinsAsync("other")).Contains(own.Name));
    }

    [Fact]
    public async Task Read_NoPins_IsUnavailable()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var version = await stack.CurrentVersionAsync();
        stack.Vault.Replace(version with { Tags = version.Tags.Where(tag => tag.Key != KeyTags.Activation).ToDictionary() });
        stack.Forget();
        var unwraps = stack.Vault.Unwraps;

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));
        Assert.Equal(unwraps, stack.Vault.Unwraps);
    }

    private static async Task AssertRefusedAsync(BranchStack stack, string name)
    {
        foreach (var isCold in new[] { false, true })
        {
            if (isCold)
            {
                stack.Forget();
            }

            var unwraps = stack.Vault.Unwraps;
            await Assert.ThrowsAsync<IntegrityException>(() => stack.ReadAsync(name));
            Assert.Equal(unwraps, stack.Vault.Unwraps);
        }
    }
}
