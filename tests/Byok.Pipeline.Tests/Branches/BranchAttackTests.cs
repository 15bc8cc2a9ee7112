using Byok.Client.Records;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.Tests.Hostile;

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
    public async Task Read_RecordRolledBackAndCopyAsOld_IsUnavailableAndFoundUntilItIsMadeAnew()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var (old, name) = (await stack.CurrentVersionAsync(), BranchRecord.BlobNameOf(BranchStack.Key, (await stack.PinsAsync()).Current!));
        var (record, _) = await stack.Storage.Branches.ReadAsync(name, CancellationToken.None);
        await stack.RotateAsync();
        await stack.Storage.Branches.PutAsync(name, record, "application/json", null, CancellationToken.None);

        stack.Forget();
        var refusal = await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));
        Assert.Contains("byok branch rebuild", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(name, (await stack.AuditAsync())["branch-unproved"]);

        await stack.RebuildAsync(old.Id);
        stack.Forget();
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Empty(await stack.AuditAsync());
    }

    /// <summary>A reader that knows the key as it was before a rotation looks again before it says that the key is not available.</summary>
    [Fact]
    public async Task Read_RotatedSinceTheTagsWereRead_AFreshReadServes()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        stack.Time.Advance(stack.Options.MaxBranchAge + TimeSpan.FromDays(1));
        await stack.RotateAsync();
        await stack.ProtectAsync("b", "content of b");
        var old = await stack.CurrentVersionAsync();
        using var reader = stack.CreateCatalog();
        Assert.Equal("content of b", await stack.ReadAsync("b", reader)); // now it knows the key, and not yet the branch of a

        await stack.BringAsync(BranchStack.Key, "next");
        await stack.Vault.UpdateKeyAsync(old.Id, new() { Enabled = false }, CancellationToken.None);
        stack.Time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("content", await stack.ReadAsync("a", reader));
    }

    /// <summary>What a stranger can make who never held a branch key: a DEK and a content of his own under the name of ours, with what he likes of our header.</summary>
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, true, true)]
    public async Task Read_EnvelopeMadeWithThePublicKeyOnly_IsRefused(bool hasOurBlobId, bool namesOurBranch, bool isOurRecordGone)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var ours = await stack.HeaderAsync("a");
        var own = HeldBranch.Own(await stack.CurrentVersionAsync());
        var forged = new ForgedBlob(stack.Storage.Protected.Name, "a", "forged"u8.ToArray(), own, blobId: hasOurBlobId ? ours.BlobId.ToString() : null);
        await (namesOurBranch ? forged.Set(EnvelopeFields.Branch, ours.Branch.ToString(), renewMac: true) : forged).PutAsync(stack.Storage, "a");
        if (isOurRecordGone)
        {
            await stack.DeleteRecordsAsync();
        }

        await Assert.ThrowsAsync<IntegrityException>(() => stack.ReadAsync("a"));
        stack.Forget();
        await Assert.ThrowsAsync<IntegrityException>(() => stack.ReadAsync("a"));
        Assert.Contains("a", (await stack.AuditAsync())[namesOurBranch ? "blob-header" : "blob-branch-not-pinned"]);
        Assert.NotEmpty(await AssertNotMovedAsync(stack, "a"));
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

    [Theory]
    [InlineData(KeyTags.Activation)]
    [InlineData(KeyTags.Branch)]
    [InlineData("byok-")]
    public async Task Read_TagsWereRemoved_IsUnavailableAndFoundAndNothingIsUnwrapped(string beginning)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var version = await stack.CurrentVersionAsync();
        stack.Vault.Replace(version with { Tags = version.Tags.Where(tag => !tag.Key.StartsWith(beginning, StringComparison.Ordinal)).ToDictionary() });
        stack.Forget();
        var unwraps = stack.Vault.Unwraps;

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));
        var found = await stack.AuditAsync();

        Assert.Contains(BranchStack.Key, found["key-pins"]);
        Assert.Contains("a", found["blob-key-unknown"]);
        Assert.Equal(unwraps, stack.Vault.Unwraps);
    }

    /// <returns>Why a retirement leaves it.</returns>
    private static async Task<string> AssertNotMovedAsync(BranchStack stack, string name)
    {
        var before = await stack.HeaderAsync(name);
        var retired = await stack.RetireAsync();
        Assert.Equal(BlobState.Of(before), BlobState.Of(await stack.HeaderAsync(name)));
        return before.Branch == retired.Branch ? Assert.Single(retired.Unmovable).Explanation : "It is of another branch.";
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
