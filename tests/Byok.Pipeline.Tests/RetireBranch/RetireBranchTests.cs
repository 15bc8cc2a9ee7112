using Azure.Core;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RetireBranch;
using Byok.Testing;
using Byok.Testing.CommandLine;
using Byok.Testing.Replay;

namespace Byok.Pipeline.Tests.RetireBranch;

[Collection(AzuriteCollection.Name)]
public sealed class RetireBranchTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Retire_SomeBlobs_MovesAllAndUnpinsTheBranch()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = (await stack.PinsAsync()).Current!;
        var names = await stack.SeedAsync(25);
        var (before, header) = (await SnapshotAsync(stack, names[3]), await stack.HeaderAsync(names[3]));

        var result = await RetireAsync(stack);

        Assert.Equal((true, old, 25, 0), (result.IsRetired, result.Branch, result.Moved, result.LeftBehind));
        Assert.Equal([result.Current], (await stack.PinsAsync()).All);
        Assert.Equal(new Dictionary<string, int> { [result.Current.ToString()] = 25 }, await stack.CoverageAsync());
        foreach (var name in names)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
        }

        var (after, moved) = (await SnapshotAsync(stack, names[3]), await stack.HeaderAsync(names[3]));
        Assert.Equal(before.Content, after.Content);
        Assert.Equal(before.Blocks, after.Blocks);
        Assert.Equal("somebody", after.Owner);
        Assert.Equal(BlobState.Of(header).Commitment, BlobState.Of(moved).Commitment);
        Assert.True(moved.WrittenOn > header.WrittenOn);
    }

    [Fact]
    public async Task Retire_BlobOfManyBlocksWithTagsAndHeaders_TouchesNothingButTheEnvelope()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var content = TestBytes.Create(9 * 1024 * 1024 + 5, 1);
        await stack.UploadAsync("folder/big one.bin", content);
        var blob = stack.Storage.Protected.Client.GetBlobClient("folder/big one.bin");
        await blob.SetHttpHeadersAsync(new BlobHttpHeaders { ContentType = "image/png", CacheControl = "no-store" });
        await blob.SetTagsAsync(new Dictionary<string, string> { ["team"] = "red" });
        var before = await SnapshotAsync(stack, "folder/big one.bin");
        Assert.Equal(3, before.Blocks.Count);

        Assert.Equal(1, (await RetireAsync(stack)).Moved);

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
    public Task Retire_ManyBlobs_CostsOneWriteABlobAndThreeUnwraps(int count) => CountRequestsAsync(count);

    [Theory]
    [InlineData(10_000)]
    [Trait("Category", "Long")]
    public Task Retire_TenThousandBlobs_CostsOneWriteABlobAndThreeUnwraps(int count) => CountRequestsAsync(count);

    [Fact]
    public async Task Retire_CopyUnderAnotherName_IsLeftBehindAsTheLedgerDoesNotKnowIt()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        var properties = (await stack.Storage.Protected.Client.GetBlobClient("blob-000000").GetPropertiesAsync()).Value;
        var content = (await stack.Storage.Protected.Client.GetBlobClient("blob-000000").DownloadContentAsync()).Value.Content;
        await stack.Storage.Protected.Client.GetBlobClient("copy").UploadAsync(content, new BlobUploadOptions { Metadata = properties.Metadata });

        var result = await RetireAsync(stack);

        Assert.Equal((false, 1), (result.IsRetired, result.Moved));
        Assert.Equal([("copy", UnmovableReason.NotInLedger)], result.Unmovable.Select(blob => (blob.Name, blob.Reason)));
    }

    [Fact]
    public async Task Retire_BlobsThatCannotMove_ListsThemAndKeepsTheBranchSealed()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = (await stack.PinsAsync()).Current!;
        await stack.SeedAsync(12);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000001").SetAccessTierAsync(AccessTier.Archive);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000002").GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);
        var length = await TamperAsync(stack, "blob-000003", EnvelopeFields.Length, "7");

        var result = await RetireAsync(stack);

        Assert.Equal((false, 9, 3), (result.IsRetired, result.Moved, result.LeftBehind));
        Assert.Equal(
            [("blob-000001", UnmovableReason.Archived), ("blob-000002", UnmovableReason.Locked), ("blob-000003", UnmovableReason.Tampered)],
            result.Unmovable.Select(blob => (blob.Name, blob.Reason)));
        Assert.Equal([old], (await stack.PinsAsync()).Sealed);
        Assert.Equal(LifeStack.ContentOf("blob-000002"), await stack.ReadAsync("blob-000002"));

        await stack.Storage.Protected.Client.GetBlobClient("blob-000002").GetBlobLeaseClient().BreakAsync();
        await stack.Storage.Protected.Client.GetBlobClient("blob-000001").SetAccessTierAsync(AccessTier.Hot);
        await TamperAsync(stack, "blob-000003", EnvelopeFields.Length, length);
        var again = await RetireAsync(stack, new RetireBranchInput { KeyName = LifeStack.Key, Branch = old });
        Assert.Equal((true, 3, 0), (again.IsRetired, again.Moved, again.LeftBehind));
        Assert.Equal([result.Current], (await stack.PinsAsync()).All); // it was sealed already, so no third branch was made
        Assert.Equal(LifeStack.ContentOf("blob-000003"), await stack.ReadAsync("blob-000003"));
    }

    [Fact]
    public async Task Retire_BlobWrittenBetweenListingAndWrite_IsNeitherLostNorLeftBehind()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        var overwritten = 0;
        stack.Vault.OnUnwrap = _ =>
        {
            // In the middle of the page: somebody changes the blob's metadata, and so its ETag.
            if (stack.Engine.Activities.Count > 0 && stack.Engine.Activities[^1] == RewrapPage.Name && Interlocked.Exchange(ref overwritten, 1) == 0)
            {
                var blob = stack.Storage.Protected.Client.GetBlobClient("blob-000000");
                var metadata = blob.GetProperties().Value.Metadata;
                metadata["Owner"] = "somebody else";
                blob.SetMetadata(metadata);
            }
        };

        var result = await RetireAsync(stack);

        Assert.Equal(1, overwritten);
        Assert.Equal((true, 1, 0), (result.IsRetired, result.Moved, result.LeftBehind));
        Assert.Equal("somebody else", (await stack.Storage.Protected.Client.GetBlobClient("blob-000000").GetPropertiesAsync()).Value.Metadata["Owner"]);
        Assert.Equal(LifeStack.ContentOf("blob-000000"), await stack.ReadAsync("blob-000000"));
    }

    [Fact]
    public async Task Retire_WriterWithTheOldBranchCached_IsCaughtBeforeTheBranchIsUnpinned()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = (await stack.PinsAsync()).Current!;
        await stack.SeedAsync(5);
        using var cached = await stack.CurrentBranchAsync(freshness: PinFreshness.Cached); // in the other process, from now on
        var timers = 0;
        stack.Engine.OnTimer = async _ =>
        {
            timers++;
            using var branch = await stack.CurrentBranchAsync(freshness: PinFreshness.Cached);
            Assert.Equal(old, branch.Key.Name);
            await stack.SeedAsync("late-1", LifeStack.ContentOf("late"), branch);
        };
        stack.Engine.OnActivity = async activity =>
        {
            if (activity == RewrapPage.Name)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                await stack.SeedAsync("a late commit", LifeStack.ContentOf("late"), cached); // it was on its way for long
            }
        };

        var result = await RetireAsync(stack);

        Assert.Equal((1, 3), (timers, result.Passes));
        Assert.Equal((true, 7), (result.IsRetired, result.Moved));
        Assert.Equal([result.Current.ToString()], (await stack.CoverageAsync()).Keys);
        Assert.Equal(LifeStack.ContentOf("late"), await stack.ReadAsync("late-1"));
        Assert.Equal(LifeStack.ContentOf("late"), await stack.ReadAsync("a late commit"));
    }

    [Fact]
    public async Task Retire_WhileALargeUploadIsUnderWay_CommitsItUnderTheNewBranch()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000000").GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration); // keeps the branch sealed
        var (plan, segment) = await BeginLargeAsync(stack);

        var retired = await RetireAsync(stack);
        await stack.Catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, [segment]), default);

        Assert.False(retired.IsRetired);
        Assert.Equal(retired.Current, (await stack.HeaderAsync("large")).Branch);
        Assert.Equal(LifeStack.ContentOf("large"), await stack.ReadAsync("large"));
    }

    [Fact]
    public async Task Retire_WhileALargeUploadIsUnderWay_NothingIsWrittenUnderARetiredBranch()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var (plan, segment) = await BeginLargeAsync(stack);

        Assert.True((await RetireAsync(stack)).IsRetired);

        await Assert.ThrowsAsync<ConcurrentWriteException>(() => stack.Catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, [segment]), default));
        await Assert.ThrowsAsync<ConcurrentWriteException>(() => stack.Catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, 0), default));
        Assert.False(await stack.Storage.Protected.Client.GetBlobClient("large").ExistsAsync());
        Assert.True(await stack.Storage.Uploads.Client.GetBlobClient("large").ExistsAsync());
    }

    [Theory]
    [InlineData(EncryptSegment.Name)]
    [InlineData(CommitBlob.Name)]
    public async Task Encrypt_BranchRetiredBefore_PlansAnewAndEndsWell(string activity)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var content = TestBytes.Create((64 * 1024 * 1024) + 1, 1); // two segments
        var uploaded = await stack.Storage.Uploads.Client.GetBlobClient("large").UploadAsync(BinaryData.FromBytes(content));
        var retired = 0;
        var engine = new ReplayEngine(stack.Catalog.Activities, stack.Time)
        {
            OnActivity = async done =>
            {
                if (done == (activity == CommitBlob.Name ? EncryptSegment.Name : BeginEncryption.Name) && Interlocked.Exchange(ref retired, 1) == 0)
                {
                    Assert.True((await RetireAsync(stack)).IsRetired);
                }
            },
        };

        var input = new EncryptBlobInput { BlobName = "large", ETag = uploaded.Value.ETag.ToString() };
        var result = await engine.RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, "encrypt");

        Assert.Equal((1, EncryptBlobOutcome.Protected), (retired, result.Outcome));
        Assert.Equal((await stack.PinsAsync()).Current, (await stack.HeaderAsync("large")).Branch);
        Assert.Equal(content, await stack.ReadAsync("large"));
        Assert.False(await stack.Storage.Uploads.Client.GetBlobClient("large").ExistsAsync());
    }

    [Fact]
    public async Task Retire_WhileAnotherRuns_IsRefusedAndChangesNothing()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(15);
        OperationInProgressException? refused = null;
        stack.Engine.OnActivity = async name =>
        {
            if (name == RewrapPage.Name && refused is null)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                var pins = (await stack.PinsAsync()).All;
                refused = await Assert.ThrowsAsync<OperationInProgressException>(() => RetireAsync(stack));
                await Assert.ThrowsAsync<OperationInProgressException>(() => RotateKey.RotateKeyTests.RotateAsync(stack));
                Assert.Equal(pins, (await stack.PinsAsync()).All);
                Assert.Single(await stack.VersionsAsync());
            }
        };

        var result = await RetireAsync(stack);

        Assert.NotNull(refused);
        Assert.Equal(15, result.Moved);
        Assert.Equal(15, (await RetireAsync(stack)).Moved);
    }

    [Fact]
    public async Task Retire_NoBlobs_EndsAtOnce()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var result = await RetireAsync(stack);
        Assert.Equal((true, 0), (result.IsRetired, result.Moved));
    }

    [Fact]
    public async Task Retire_BlobsOfOtherKeysAndBranches_AreLeftAlone()
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { MaxBranchAge = TimeSpan.FromDays(1) });
        await stack.SeedAsync(1, "older-");
        stack.Time.Advance(TimeSpan.FromDays(2));
        await RotateKey.RotateKeyTests.RotateAsync(stack); // makes another branch
        await stack.BringAsync("other");
        using (var other = await stack.CurrentBranchAsync("other"))
        {
            await stack.SeedAsync("other", LifeStack.ContentOf("other"), other);
        }

        await stack.SeedAsync(1);
        var (before, pins) = (await stack.ETagsAsync(), await stack.PinsAsync("other"));

        Assert.Equal(1, (await RetireAsync(stack)).Moved);

        var after = await stack.ETagsAsync();
        Assert.Equal((before["other"], before["older-000000"]), (after["other"], after["older-000000"]));
        Assert.Equal(pins.All, (await stack.PinsAsync("other")).All);
        Assert.Equal(LifeStack.ContentOf("older-000000"), await stack.ReadAsync("older-000000"));
    }

    [Theory]
    [InlineData(false, "sealing DEKs anew")]
    [InlineData(true, "encrypting anew")]
    public async Task Retire_PageUnderWay_SaysWhatItDoes(bool deep, string stage)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(3);

        await RetireAsync(stack, new RetireBranchInput { KeyName = LifeStack.Key, Deep = deep });

        var progress = stack.Engine.StatusesOf<MoveProgress>()
            .Where(status => status.Pass > 0).Select(status => (status.Stage, status.Pass, status.BlobsDone, status.BlobsLeft)).Distinct().ToList();
        const string proving = "proving that nothing is left";
        Assert.Equal([(stage, 1, 0, 3), (stage, 1, 3, 0)], progress.FindAll(status => status.Stage == stage));
        Assert.Equal([(proving, 2, 0, 3), (proving, 2, 3, 0)], progress.FindAll(status => status is { Stage: proving, Pass: 2 }));
    }

    internal static Task<RetireBranchResult> RetireAsync(LifeStack stack, RetireBranchInput? input = null) => stack.Engine.RunAsync<RetireBranchResult>(
        RetireBranchOrchestration.Name, input ?? new RetireBranchInput { KeyName = LifeStack.Key }, $"retire-{LifeStack.Key}-{Guid.NewGuid():N}");

    private async Task CountRequestsAsync(int count)
    {
        var counter = new RequestCounter();
        using var stack = await LifeStack.CreateAsync(
            azurite, LifeStack.DefaultOptions with { BlobsPerPage = 500 }, options => options.AddPolicy(counter, HttpPipelinePosition.PerRetry));
        await stack.SeedAsync(count);
        counter.Reset();
        var unwraps = stack.Vault.Unwraps;

        var result = await RetireAsync(stack);

        Assert.Equal(count, result.Moved);
        Assert.Equal(count, counter.Writes(stack.Storage.Protected.Name));
        // The rest is the ledger's appends, the record and the claim: some a page, some for pins.
        var allowedForPins = 15;
        Assert.InRange(counter.Writes(), count, (int)(count * 1.01) + allowedForPins);
        Assert.Equal(3, stack.Vault.Unwraps - unwraps); // the new branch for its proof and to write under, the old one to read
        Assert.True(stack.Engine.LongestHistory <= BlobMover.PagesPerRun + 10, $"history of {stack.Engine.LongestHistory}");
        var progress = stack.Engine.StatusesOf<MoveProgress>();
        Assert.Contains(progress, status => status is { Stage: "sealing DEKs anew", BlobsLeft: > 0 });
    }

    /// <summary>An upload of which all chunks are written, and whose commit has still to come.</summary>
    private static async Task<(EncryptionPlan Plan, SegmentResult Segment)> BeginLargeAsync(LifeStack stack)
    {
        var uploaded = await stack.Storage.Uploads.Client.GetBlobClient("large").UploadAsync(BinaryData.FromBytes(LifeStack.ContentOf("large")));
        var input = new BeginEncryptionInput("encrypt-large", BlobId.New().ToString(), new EncryptBlobInput { BlobName = "large", ETag = uploaded.Value.ETag.ToString() });
        var planner = stack.Catalog.Get<EncryptionPlanner>();
        var plan = await planner.PlanAsync(input, await stack.Storage.Uploads.FindAsync("large", etag: null, default), target: null, default);
        return (plan, await stack.Catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, 0), default));
    }

    /// <returns>What the field was before.</returns>
    private static async Task<string> TamperAsync(LifeStack stack, string name, string field, string value)
    {
        var blob = stack.Storage.Protected.Client.GetBlobClient(name);
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        var before = metadata[field];
        metadata[field] = value;
        await blob.SetMetadataAsync(metadata);
        return before;
    }

    private static async Task<(byte[] Content, List<(string, long)> Blocks, string? Owner)> SnapshotAsync(LifeStack stack, string name)
    {
        var blob = stack.Storage.Protected.Client.GetBlockBlobClient(name);
        var blocks = (await blob.GetBlockListAsync(BlockListTypes.Committed)).Value.CommittedBlocks.Select(block => (block.Name, block.SizeLong)).ToList();
        var properties = (await blob.GetPropertiesAsync()).Value;
        return ((await blob.DownloadContentAsync()).Value.Content.ToArray(), blocks, properties.Metadata.TryGetValue("Owner", out var owner) ? owner : null);
    }
}
