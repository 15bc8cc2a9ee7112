using Azure.Core;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RotateKey;
using Byok.Testing;

namespace Byok.Pipeline.Tests.RotateKey;

[Collection(AzuriteCollection.Name)]
public class RotateKeyTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Rotate_SomeBlobs_MovesAllAndDisablesTheOldVersion()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        var names = await stack.SeedAsync(25);
        var before = await SnapshotAsync(stack, names[3]);

        var result = await RotateAsync(stack);

        Assert.Equal(25, result.Rewrapped);
        Assert.Equal([old.Id], result.Disabled);
        Assert.Empty(result.KeptEnabled);
        Assert.Equal(0, result.LeftBehind);
        Assert.False((await stack.VersionAsync(old.Id)).Enabled);
        Assert.Equal(new Dictionary<string, int> { [result.KeyId.ToString()] = 25 }, await stack.CoverageAsync());
        foreach (var name in names)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
            Assert.Equal(2, (await stack.HeaderAsync(name)).Generation);
        }

        var after = await SnapshotAsync(stack, names[3]);
        Assert.Equal(before.Content, after.Content);
        Assert.Equal(before.Blocks, after.Blocks);
        Assert.Equal("somebody", after.Owner);
        Assert.Contains(await stack.Hsm.ListMasterKeysAsync(default), key => key.Label == "customer-key-20300101");
    }

    [Fact]
    public async Task Rotate_BlobOfManyBlocksWithTagsAndHeaders_TouchesNothingButTheEnvelope()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var content = new byte[9 * 1024 * 1024 + 5];
        System.Security.Cryptography.RandomNumberGenerator.Fill(content);
        await stack.UploadAsync("folder/big one.bin", content);
        var blob = stack.Storage.Protected.Client.GetBlobClient("folder/big one.bin");
        await blob.SetHttpHeadersAsync(new BlobHttpHeaders { ContentType = "image/png", CacheControl = "no-store" });
        await blob.SetTagsAsync(new Dictionary<string, string> { ["team"] = "red" });
        var before = await SnapshotAsync(stack, "folder/big one.bin");
        Assert.Equal(3, before.Blocks.Count);

        await RotateAsync(stack);

        var after = await SnapshotAsync(stack, "folder/big one.bin");
        Assert.Equal(before.Blocks, after.Blocks);
        Assert.Equal(before.Content, after.Content);
        var properties = (await blob.GetPropertiesAsync()).Value;
        Assert.Equal("image/png", properties.ContentType);
        Assert.Equal("no-store", properties.CacheControl);
        Assert.Equal("red", (await blob.GetTagsAsync()).Value.Tags["team"]);
        Assert.Equal(content, await stack.ReadAsync("folder/big one.bin"));
    }

    [Theory]
    [InlineData(1000)]
    public Task Rotate_ManyBlobs_CostsOneWriteABlobAndOneUnwrapADek(int count) => CountRequestsAsync(count);

    [Theory]
    [InlineData(10_000)]
    [Trait("Category", "Long")]
    public Task Rotate_TenThousandBlobs_CostsOneWriteABlobAndOneUnwrapADek(int count) => CountRequestsAsync(count);

    [Fact]
    public async Task Rotate_CopyUnderAnotherName_IsLeftBehindAsTheLedgerDoesNotKnowIt()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        var properties = (await stack.Storage.Protected.Client.GetBlobClient("blob-000000").GetPropertiesAsync()).Value;
        var content = (await stack.Storage.Protected.Client.GetBlobClient("blob-000000").DownloadContentAsync()).Value.Content;
        await stack.Storage.Protected.Client.GetBlobClient("copy").UploadAsync(content, new BlobUploadOptions { Metadata = properties.Metadata });

        var result = await RotateAsync(stack);

        Assert.Equal(1, result.Rewrapped);
        Assert.Equal([("copy", UnmovableReason.NotInLedger)], result.Unmovable.Select(blob => (blob.Name, blob.Reason)));
    }

    [Fact]
    public async Task Rotate_BlobsThatCannotMove_ListsThemAndKeepsTheirVersionEnabled()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        await stack.SeedAsync(12);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000001").SetAccessTierAsync(AccessTier.Archive);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000002").GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);
        await TamperAsync(stack, "blob-000003", EnvelopeFields.Generation, "7");

        var result = await RotateAsync(stack);

        Assert.Equal(9, result.Rewrapped);
        Assert.Equal(3, result.LeftBehind);
        Assert.Equal(
            [("blob-000001", UnmovableReason.Archived), ("blob-000002", UnmovableReason.Locked), ("blob-000003", UnmovableReason.Tampered)],
            result.Unmovable.Select(blob => (blob.Name, blob.Reason)));
        Assert.Empty(result.Disabled);
        Assert.Equal([old.Id], result.KeptEnabled);
        Assert.True((await stack.VersionAsync(old.Id)).Enabled);
        Assert.Equal(KeyTags.Retired, (await stack.VersionAsync(old.Id)).Tags[KeyTags.State]);

        await stack.Storage.Protected.Client.GetBlobClient("blob-000002").GetBlobLeaseClient().BreakAsync();
        await stack.Storage.Protected.Client.GetBlobClient("blob-000001").SetAccessTierAsync(AccessTier.Hot);
        await TamperAsync(stack, "blob-000003", EnvelopeFields.Generation, "1");
        var again = await RotateAsync(stack);
        Assert.Equal(12, again.Rewrapped);
        Assert.Equal(0, again.LeftBehind);
        Assert.Equal(2, again.Disabled.Count);
        Assert.Equal(LifeStack.ContentOf("blob-000003"), await stack.ReadAsync("blob-000003"));
    }

    [Fact]
    public async Task Rotate_BlobWrittenBetweenListingAndWrite_IsNeitherLostNorLeftBehind()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        var overwritten = 0;
        stack.Vault.OnUnwrap = _ =>
        {
            // In the middle of the rewrap: somebody changes the blob's metadata, and so its ETag.
            if (stack.Engine.Activities.Count > 0 && stack.Engine.Activities[^1] == RewrapPage.Name && Interlocked.Exchange(ref overwritten, 1) == 0)
            {
                var blob = stack.Storage.Protected.Client.GetBlobClient("blob-000000");
                var metadata = blob.GetProperties().Value.Metadata;
                metadata["Owner"] = "somebody else";
                blob.SetMetadata(metadata);
            }
        };

        var result = await RotateAsync(stack);

        Assert.Equal(1, overwritten);
        Assert.Equal(1, result.Rewrapped);
        Assert.Equal(0, result.LeftBehind);
        Assert.Equal("somebody else", (await stack.Storage.Protected.Client.GetBlobClient("blob-000000").GetPropertiesAsync()).Value.Metadata["Owner"]);
        Assert.Equal(LifeStack.ContentOf("blob-000000"), await stack.ReadAsync("blob-000000"));
    }

    [Fact]
    public async Task Rotate_WriterWithTheOldKeyCached_IsCaughtBeforeTheOldVersionIsDisabled()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        await stack.SeedAsync(5);
        await stack.Catalog.Keys.GetCurrentAsync(LifeStack.Key, default); // cached in the other process from now on
        var timers = 0;
        stack.Engine.OnTimer = async _ =>
        {
            // First timer: the wait for cached keys. Second: the grace time; a long upload that was planned before ends in it.
            var key = timers++ == 0 ? await stack.Catalog.Keys.GetCurrentAsync(LifeStack.Key, default) : await stack.VersionAsync(old.Id);
            Assert.Equal(old.Id, key.Id);
            await stack.SeedAsync($"late-{timers}", LifeStack.ContentOf("late"), key);
        };

        var result = await RotateAsync(stack);

        Assert.Equal(2, timers);
        Assert.Equal(7, result.Rewrapped);
        Assert.Equal([result.KeyId.ToString()], (await stack.CoverageAsync()).Keys);
        Assert.False((await stack.VersionAsync(old.Id)).Enabled);
        Assert.Equal(LifeStack.ContentOf("late"), await stack.ReadAsync("late-2"));
    }

    [Fact]
    public async Task Rotate_WhileALargeUploadIsUnderWay_CommitsItUnderTheNewVersion()
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { DekCacheTime = TimeSpan.FromHours(1) });
        var old = Assert.Single(await stack.VersionsAsync());
        var uploaded = await stack.Storage.Uploads.Client.GetBlobClient("large").UploadAsync(BinaryData.FromBytes(LifeStack.ContentOf("large")));
        var input = new BeginEncryptionInput("encrypt-large", BlobId.New().ToString(), new EncryptBlobInput { BlobName = "large", ETag = uploaded.Value.ETag.ToString() });
        var planner = stack.Catalog.Get<EncryptionPlanner>();
        var plan = await planner.PlanAsync(input, await stack.Storage.Uploads.FindAsync("large", etag: null, default), target: null, default);
        var segment = await stack.Catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, 0), default);

        var rotated = await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, GracePeriod = TimeSpan.Zero });
        await stack.Catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, [segment]), default);

        Assert.Equal([old.Id], rotated.Disabled);
        Assert.Equal(rotated.KeyId, (await stack.HeaderAsync("large")).KeyId);
        Assert.Equal(LifeStack.ContentOf("large"), await stack.ReadAsync("large"));
    }

    [Fact]
    public async Task Rotate_RewrapOnly_MovesToTheNewestVersionAndBringsNone()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        await stack.SeedAsync(5);
        var newest = await stack.BringAsync(LifeStack.Key, "another");

        var rotated = await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, RewrapOnly = true });

        Assert.Equal(newest.KeyId, rotated.KeyId);
        Assert.Equal(5, rotated.Rewrapped);
        Assert.Equal([old.Id], rotated.Disabled);
        Assert.Equal(2, (await stack.VersionsAsync()).Count);
    }

    [Fact]
    public async Task Rotate_WhileAnotherRuns_IsRefusedAndChangesNothing()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(15);
        OperationInProgressException? refused = null;
        stack.Engine.OnActivity = async name =>
        {
            if (name == RewrapPage.Name && refused is null)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                refused = await Assert.ThrowsAsync<OperationInProgressException>(() => RotateAsync(stack));
                Assert.Equal(2, (await stack.VersionsAsync()).Count);
            }
        };

        var result = await RotateAsync(stack);

        Assert.NotNull(refused);
        Assert.Equal(15, result.Rewrapped);
        Assert.Equal(2, (await stack.VersionsAsync()).Count);
        Assert.Equal(15, (await RotateAsync(stack)).Rewrapped);
    }

    [Fact]
    public async Task Rotate_UnknownKey_IsRefused()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => RotateAsync(stack, new RotateKeyInput { KeyName = "nobody" }));
    }

    [Fact]
    public async Task Rotate_LabelThatTheHsmLacks_ChangesNothingAndCanBeRepeated()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(2);
        await Assert.ThrowsAsync<HsmKeyNotFoundException>(
            () => RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, NewLabel = "missing" }));
        Assert.Equal(KeyTags.Active, Assert.Single(await stack.VersionsAsync()).Tags[KeyTags.State]);

        await stack.Hsm.GenerateMasterKeyAsync("second", 2048, default);
        var result = await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, NewLabel = "second" });
        Assert.Equal(2, result.Rewrapped);
    }

    [Fact]
    public async Task Rotate_ToTheSameMasterKey_IsRefused()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await Assert.ThrowsAsync<ConflictException>(
            () => RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, NewLabel = LifeStack.Key }));
        Assert.Single(await stack.VersionsAsync());
    }

    [Fact]
    public async Task Rotate_NoBlobs_EndsAtOnce()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var result = await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, GracePeriod = TimeSpan.Zero });
        Assert.Equal(0, result.Rewrapped);
        Assert.Single(result.Disabled);
    }

    [Fact]
    public async Task Rotate_BlobsOfOtherKeys_AreLeftAlone()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var other = await stack.BringAsync("other-key");
        await stack.SeedAsync("other", LifeStack.ContentOf("other"), await stack.VersionAsync(other.KeyId));
        await stack.SeedAsync(1);
        var etag = (await stack.Catalog.Reader.DescribeAsync("other", default)).ETag;

        Assert.Equal(1, (await RotateAsync(stack)).Rewrapped);

        Assert.Equal(etag, (await stack.Catalog.Reader.DescribeAsync("other", default)).ETag);
        Assert.True((await stack.VersionAsync(other.KeyId)).Enabled);
    }

    [Theory]
    [InlineData(false, "rewrapping")]
    [InlineData(true, "encrypting anew")]
    public async Task Rotate_PageUnderWay_SaysWhatItDoes(bool deep, string stage)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(3);

        await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = deep });

        var progress = stack.Engine.StatusesOf<RotateKeyProgress>()
            .Where(status => status.Pass > 0).Select(status => (status.Stage, status.Pass, status.BlobsDone, status.BlobsLeft)).Distinct().ToList();
        const string proving = "proving that nothing is left on the old version";
        Assert.Equal([(stage, 1, 0, 3), (stage, 1, 3, 0)], progress.FindAll(status => status.Stage == stage));
        Assert.Equal([(proving, 2, 0, 3), (proving, 2, 3, 0)], progress.FindAll(status => status is { Stage: proving, Pass: 2 }));
    }

    internal const int RoundTripsOfABring = 1;

    internal static Task<RotateKeyResult> RotateAsync(LifeStack stack, RotateKeyInput? input = null) => stack.Engine.RunAsync<RotateKeyResult>(
        RotateKeyOrchestration.Name, input ?? new RotateKeyInput { KeyName = LifeStack.Key }, $"rotate-{LifeStack.Key}-{Guid.NewGuid():N}");

    private async Task CountRequestsAsync(int count)
    {
        var counter = new RequestCounter();
        using var stack = await LifeStack.CreateAsync(
            azurite, LifeStack.DefaultOptions with { BlobsPerPage = 500 }, options => options.AddPolicy(counter, HttpPipelinePosition.PerRetry));
        await stack.SeedAsync(count);
        counter.Reset();
        var unwraps = stack.Vault.Unwraps;

        var result = await RotateAsync(stack);

        Assert.Equal(count, result.Rewrapped);
        Assert.Equal(count, counter.Writes(stack.Storage.Protected.Name));
        // The rest is the ledger's appends and the claim: some a page, some for the ceremony.
        var allowedForTheCeremony = 15;
        Assert.InRange(counter.Writes(), count, (int)(count * 1.01) + allowedForTheCeremony);
        Assert.Equal(count, stack.Vault.Unwraps - unwraps - RoundTripsOfABring);
        Assert.True(stack.Engine.LongestHistory <= RotateKeyOrchestration.PagesPerRun + 10, $"history of {stack.Engine.LongestHistory}");
        var progress = stack.Engine.StatusesOf<RotateKeyProgress>();
        Assert.Contains(progress, status => status is { Stage: "rewrapping", BlobsLeft: > 0 });
    }

    private static async Task TamperAsync(LifeStack stack, string name, string field, string value)
    {
        var blob = stack.Storage.Protected.Client.GetBlobClient(name);
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        metadata[field] = value;
        await blob.SetMetadataAsync(metadata);
    }

    private static async Task<(byte[] Content, List<(string, long)> Blocks, string? Owner)> SnapshotAsync(LifeStack stack, string name)
    {
        var blob = stack.Storage.Protected.Client.GetBlockBlobClient(name);
        var blocks = (await blob.GetBlockListAsync(BlockListTypes.Committed)).Value.CommittedBlocks.Select(block => (block.Name, block.SizeLong)).ToList();
        var properties = (await blob.GetPropertiesAsync()).Value;
        return ((await blob.DownloadContentAsync()).Value.Content.ToArray(), blocks, properties.Metadata.TryGetValue("Owner", out var owner) ? owner : null);
    }
}
