using Azure.Core;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Tests.Faults;
using Byok.Testing;
using Byok.Testing.CommandLine;
using Byok.Testing.Replay;

namespace Byok.Pipeline.Tests.RotateKey;

[Collection(AzuriteCollection.Name)]
public class RotateKeyTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Rotate_SomeBlobs_WritesNoneAndDisablesTheOldVersion()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        var branch = (await stack.PinsAsync()).Current!;
        var names = await stack.SeedAsync(25);
        var large = TestBytes.Create((9 * 1024 * 1024) + 5, 1);
        await stack.UploadAsync("folder/big one.bin", large);
        var before = await stack.ETagsAsync();

        var result = await RotateAsync(stack);

        Assert.Equal([branch], result.Branches);
        Assert.Equal([old.Id], result.Disabled);
        Assert.Empty(result.Kept);
        Assert.Equal((0, 0), (result.Reencrypted, result.LeftBehind));
        Assert.False((await stack.VersionAsync(old.Id)).Enabled);
        Assert.Equal([branch], (await stack.PinsAsync()).All);
        Assert.Equal(before, await stack.ETagsAsync());
        foreach (var name in names)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
        }

        Assert.Equal(large, await stack.ReadAsync("folder/big one.bin"));
        Assert.Contains(await stack.Hsm.ListMasterKeysAsync(default), key => key.Label == "customer-key-20300101");
        await stack.UploadAsync("new", LifeStack.ContentOf("new"));
        Assert.Equal((result.KeyId, branch), ((await stack.HeaderAsync("new")).Wrapping.KeyId, (await stack.HeaderAsync("new")).Branch));
    }

    [Fact]
    public async Task Rotate_TenAndThreeHundredBlobs_MakesTheSameRequests() => Assert.Equal(await CountRequestsAsync(10), await CountRequestsAsync(300));

    [Fact]
    [Trait("Category", "Long")]
    public async Task Rotate_TenAndTenThousandBlobs_MakesTheSameRequests() => Assert.Equal(await CountRequestsAsync(10), await CountRequestsAsync(10_000));

    [Fact]
    public async Task Rotate_BlobsThatNobodyCanWrite_AreNotInItsWay()
    {
        var counter = new RequestCounter();
        using var stack = await LifeStack.CreateAsync(azurite, configure: options => options.AddPolicy(counter, HttpPipelinePosition.PerRetry));
        var old = Assert.Single(await stack.VersionsAsync());
        await stack.SeedAsync(5);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000001").SetAccessTierAsync(AccessTier.Archive);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000002").GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);
        var tampered = stack.Storage.Protected.Client.GetBlobClient("blob-000003");
        var metadata = (await tampered.GetPropertiesAsync()).Value.Metadata;
        metadata[EnvelopeFields.Length] = "7";
        await tampered.SetMetadataAsync(metadata);
        counter.Reset();

        var result = await RotateAsync(stack);

        // An immutable blob is nothing else: that the service would refuse a write does not show where none is asked for.
        Assert.Equal((0, 0), (counter.Writes(stack.Storage.Protected.Name), counter.Reads(stack.Storage.Protected.Name)));
        Assert.Equal([old.Id], result.Disabled);
        Assert.Empty(result.Kept);
        Assert.False((await stack.VersionAsync(old.Id)).Enabled);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000001").SetAccessTierAsync(AccessTier.Hot);
        Assert.Equal(LifeStack.ContentOf("blob-000001"), await stack.ReadAsync("blob-000001"));
        Assert.Equal(LifeStack.ContentOf("blob-000002"), await stack.ReadAsync("blob-000002"));
        await Assert.ThrowsAsync<IntegrityException>(() => stack.ReadAsync("blob-000003"));
    }

    [Fact]
    public async Task Rotate_DeepWithBlobsThatNobodyCanWrite_ListsThemAndDisablesTheOldVersion()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        await stack.SeedAsync(3);
        await stack.Storage.Protected.Client.GetBlobClient("blob-000001").GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);

        var result = await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = true });

        Assert.Equal((2, 1), (result.Reencrypted, result.LeftBehind));
        Assert.Equal([("blob-000001", UnmovableReason.Locked)], result.Unmovable.Select(blob => (blob.Name, blob.Reason)));
        Assert.Equal([old.Id], result.Disabled);
        Assert.Equal(LifeStack.ContentOf("blob-000001"), await stack.ReadAsync("blob-000001"));
        Assert.Equal(LifeStack.ContentOf("blob-000002"), await stack.ReadAsync("blob-000002"));
    }

    [Fact]
    public async Task Rotate_WriterWithTheOldVersionCached_IsReadWhenThatIsDisabled()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        using var cached = await stack.CurrentBranchAsync(freshness: PinFreshness.Cached); // in the other process, from now on
        var timers = 0;
        stack.Engine.OnTimer = async _ =>
        {
            // In the grace time; a long upload that was planned before ends after it.
            timers++;
            using var branch = await stack.CurrentBranchAsync(freshness: PinFreshness.Cached);
            Assert.Equal(old.Id, branch.Wrapping.KeyId);
            await stack.SeedAsync("late-1", LifeStack.ContentOf("late"), branch);
        };

        var result = await RotateAsync(stack);
        await stack.SeedAsync("late-2", LifeStack.ContentOf("late"), cached);

        Assert.Equal(1, timers);
        Assert.Equal([old.Id], result.Disabled);
        Assert.False((await stack.VersionAsync(old.Id)).Enabled);
        foreach (var name in new[] { "late-1", "late-2" })
        {
            Assert.Equal(old.Id, (await stack.HeaderAsync(name)).Wrapping.KeyId);
            Assert.Equal(LifeStack.ContentOf("late"), await stack.ReadAsync(name));
        }
    }

    [Fact]
    public async Task Rotate_WhileALargeUploadIsUnderWay_CommitsIt()
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { KeyCacheTime = TimeSpan.FromHours(1) });
        var old = Assert.Single(await stack.VersionsAsync());
        var uploaded = await stack.Storage.Uploads.Client.GetBlobClient("large").UploadAsync(BinaryData.FromBytes(LifeStack.ContentOf("large")));
        var input = new BeginEncryptionInput("encrypt-large", BlobId.New().ToString(), new EncryptBlobInput { BlobName = "large", ETag = uploaded.Value.ETag.ToString() });
        var planner = stack.Catalog.Get<EncryptionPlanner>();
        var plan = await planner.PlanAsync(input, await stack.Storage.Uploads.FindAsync("large", etag: null, default), target: null, default);
        var segment = await stack.Catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, 0), default);

        var rotated = await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, GracePeriod = TimeSpan.Zero });
        await stack.Catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, [segment]), default);

        Assert.Equal([old.Id], rotated.Disabled);
        Assert.Equal(rotated.Branches, [(await stack.HeaderAsync("large")).Branch]);
        Assert.Equal(LifeStack.ContentOf("large"), await stack.ReadAsync("large"));
    }

    [Fact]
    public async Task Rotate_TwoVersionsInUse_ReplacesBoth()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(5);
        await stack.BringAsync(LifeStack.Key, "another");
        var old = await stack.VersionsAsync();
        Assert.Equal(2, old.Count);

        var rotated = await RotateAsync(stack);

        Assert.Equal(old.Select(version => version.Id), rotated.Disabled);
        Assert.Equal([rotated.KeyId], (await stack.VersionsAsync()).Where(version => version.Enabled).Select(version => version.Id));
        Assert.Equal(LifeStack.ContentOf("blob-000003"), await stack.ReadAsync("blob-000003"));
    }

    [Theory]
    [InlineData(RetireOldVersions.Name)]
    [InlineData(BeginRotation.Name)]
    public async Task Rotate_WhileAnotherRuns_IsRefusedAndChangesNothing(string step)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        OperationInProgressException? refused = null;
        stack.Engine.OnActivity = async name =>
        {
            if (name == step && refused is null)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                var before = await stack.VersionsAsync();
                refused = await Assert.ThrowsAsync<OperationInProgressException>(() => RotateAsync(stack));
                Assert.Equal(before, await stack.VersionsAsync());
            }
        };

        var result = await RotateAsync(stack);

        Assert.NotNull(refused);
        Assert.Single(result.Disabled);
        Assert.Equal(2, (await stack.VersionsAsync()).Count);
        Assert.Single((await RotateAsync(stack)).Disabled);
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
        Assert.Single(result.Disabled);
        Assert.Equal(LifeStack.ContentOf("blob-000001"), await stack.ReadAsync("blob-000001"));
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
    public async Task Rotate_TenBranchesAreSealedAndOneMoreIsDue_IsRefusedWithTheAdvice()
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { MaxBranchAge = TimeSpan.FromDays(1), GracePeriod = TimeSpan.Zero });
        for (var number = 0; number < 10; number++)
        {
            stack.Time.Advance(TimeSpan.FromDays(2));
            await RotateAsync(stack);
        }

        var (pins, versions) = (await stack.PinsAsync(), await stack.VersionsAsync());
        Assert.Equal(10, pins.Sealed.Count);
        stack.Time.Advance(TimeSpan.FromDays(2));

        var refused = await Assert.ThrowsAsync<ConflictException>(() => RotateAsync(stack));

        Assert.Contains("byok key rotate customer-key --branch", refused.Message, StringComparison.Ordinal);
        Assert.Equal(pins.All, (await stack.PinsAsync()).All);
        Assert.Equal(versions, await stack.VersionsAsync());
        await RetireBranch.RetireBranchTests.RetireAsync(stack, new() { KeyName = LifeStack.Key, Branch = pins.Sealed[^1] });
        Assert.Equal(11, (await RotateAsync(stack)).Branches.Count);
    }

    [Fact]
    public async Task Rotate_NoBlobs_EndsAtOnce()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var result = await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, GracePeriod = TimeSpan.Zero });
        Assert.Single(result.Disabled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rotate_BlobsOfOtherKeys_AreLeftAlone(bool deep)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var other = await stack.BringAsync("other");
        using (var branch = await stack.CurrentBranchAsync("other"))
        {
            await stack.SeedAsync("other", LifeStack.ContentOf("other"), branch);
        }

        await stack.SeedAsync(1);
        var (before, record) = ((await stack.ETagsAsync())["other"], (await stack.RecordAsync(other.Branches[0], "other")).ToUtf8Json());

        Assert.Equal(deep ? 1 : 0, (await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = deep })).Reencrypted);

        Assert.Equal(before, (await stack.ETagsAsync())["other"]);
        Assert.Equal(record, (await stack.RecordAsync(other.Branches[0], "other")).ToUtf8Json());
        Assert.True((await stack.VersionAsync(other.KeyId)).Enabled);
    }

    [Fact]
    public async Task Rotate_DeepPageUnderWay_SaysWhatItDoes()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(3);

        await RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = true });

        var progress = stack.Engine.StatusesOf<MoveProgress>()
            .Where(status => status.Pass > 0).Select(status => (status.Stage, status.Pass, status.BlobsDone, status.BlobsLeft)).Distinct().ToList();
        const string stage = "encrypting anew";
        const string proving = "proving that nothing is left";
        Assert.Equal([(stage, 1, 0, 3), (stage, 1, 3, 0)], progress.FindAll(status => status.Stage == stage));
        Assert.Equal([(proving, 2, 0, 3), (proving, 2, 3, 0)], progress.FindAll(status => status is { Stage: proving, Pass: 2 }));
    }

    internal static Task<RotateKeyResult> RotateAsync(LifeStack stack, RotateKeyInput? input = null) => stack.Engine.RunAsync<RotateKeyResult>(
        RotateKeyOrchestration.Name, input ?? new RotateKeyInput { KeyName = LifeStack.Key }, $"rotate-{LifeStack.Key}-{Guid.NewGuid():N}");

    /// <summary>What a process that has just started asks of storage and vault for a rotation.</summary>
    private async Task<IReadOnlyList<string>> CountRequestsAsync(int blobs)
    {
        var (counter, calls) = (new RequestCounter(), new FaultyCalls("vault"));
        var storage = await azurite.CreateAccountAsync(configure: options => options.AddPolicy(counter, HttpPipelinePosition.PerRetry));
        using var stack = new LifeStack(storage, LifeStack.DefaultOptions, decorateVault: vault => new FaultyVault(vault, calls));
        await stack.BringAsync(LifeStack.Key);
        await stack.SeedAsync(blobs);
        var before = await stack.ETagsAsync();
        using var cold = new TestPipeline(new FaultyVault(stack.Vault, calls), stack.Hsm, storage, ledger: null, stack.Options, stack.Time);
        var engine = new ReplayEngine(() => cold, stack.Time, stack.Time.SetUtcNow);
        counter.Reset();
        calls.Disarm(); // counts from here
        var unwraps = stack.Vault.Unwraps;

        var result = await engine.RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = LifeStack.Key }, "rotate");

        Assert.Single(result.Disabled);
        Assert.Equal((0, 0), (counter.Writes(storage.Protected.Name), counter.Reads(storage.Protected.Name)));
        IReadOnlyList<string> counts = [.. counter.All, $"vault {calls.Count}", $"unwraps {stack.Vault.Unwraps - unwraps}", $"history {engine.LongestHistory}"];
        Assert.Equal(before, await stack.ETagsAsync());
        return counts;
    }
}
