using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.Branches;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;

namespace Byok.Pipeline.Tests.Branches;

/// <summary>What becomes of branches and their blobs when a key is brought, rotated, retired, revoked and restored.</summary>
public sealed class BranchLifeTests
{
    [Fact]
    public async Task Bring_FirstVersion_PinsOneBranchThatItUnwraps()
    {
        using var stack = await BranchStack.CreateAsync();

        var pins = await stack.PinsAsync();
        var version = await stack.CurrentVersionAsync();
        Assert.Equal([pins.Current!], pins.All);
        Assert.Equal([version.Id], (await stack.RecordAsync(pins.Current!)).Wrappings.Select(wrapping => wrapping.KeyId));
        Assert.Equal("1", version.Tags[KeyTags.Activation]);

        await stack.ProtectAsync("a", "content");
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Empty(await stack.AuditAsync());
    }

    [Fact]
    public async Task Rotate_WithBlobs_RewrapsTheBranchAndTouchesNoBlob()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var (header, old, branch) = (await stack.HeaderAsync("a"), await stack.CurrentVersionAsync(), (await stack.PinsAsync()).Current!);

        var rotated = await stack.RotateAsync();

        Assert.Equal([branch], rotated.Branches);
        Assert.Equal([old.Id], rotated.Disabled);
        Assert.Empty(rotated.Kept);
        Assert.Equal(BlobState.Of(header), BlobState.Of(await stack.HeaderAsync("a")));
        Assert.Equal([rotated.KeyId, old.Id], (await stack.RecordAsync(branch)).Wrappings.Select(wrapping => wrapping.KeyId));
        stack.Forget();
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Empty(await stack.AuditAsync());
    }

    [Fact]
    public async Task Rotate_CurrentBranchTooOld_MakesANewOneAndSealsTheOld()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var old = (await stack.PinsAsync()).Current!;
        stack.Time.Advance(stack.Options.MaxBranchAge + TimeSpan.FromDays(1));

        await stack.RotateAsync();

        var pins = await stack.PinsAsync();
        Assert.Equal([old], pins.Sealed);
        Assert.NotEqual(old, pins.Current);
        await stack.ProtectAsync("b", "content of b");
        Assert.Equal(pins.Current, (await stack.HeaderAsync("b")).Branch);
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Equal("content of b", await stack.ReadAsync("b"));
    }

    [Fact]
    public async Task Rotate_RecordOfABranchIsLost_FailsAndTheOldVersionStaysInUse()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var (old, branch) = (await stack.CurrentVersionAsync(), (await stack.PinsAsync()).Current!);
        await stack.Storage.Branches.DeleteAsync(BranchRecord.BlobNameOf(BranchStack.Key, branch), null, CancellationToken.None);

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.RotateAsync());

        Assert.Equal(old.Id, (await stack.CurrentVersionAsync()).Id);
        stack.Forget();
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Contains("branch-record-missing", (await stack.AuditAsync()).Select(group => group.Key));
    }

    [Fact]
    public async Task Rotate_RecordIsRolledBackBeforeDisabling_KeepsTheOldVersion()
    {
        using var stack = await BranchStack.CreateAsync(options => options with { GracePeriod = TimeSpan.FromHours(1) });
        var branch = (await stack.PinsAsync()).Current!;
        var name = BranchRecord.BlobNameOf(BranchStack.Key, branch);
        var (old, _) = await stack.Storage.Branches.ReadAsync(name, CancellationToken.None);
        stack.Vault.OnUpdate = (_, attributes) =>
        {
            if (attributes.Tags?.GetValueOrDefault(KeyTags.State) == KeyTags.Retired)
            {
                stack.Storage.Branches.PutAsync(name, old, "application/json", null, CancellationToken.None).GetAwaiter().GetResult();
            }
        };

        var rotated = await stack.RotateAsync();

        Assert.Empty(rotated.Disabled);
        Assert.Single(rotated.Kept);
        Assert.True((await stack.LifeAsync()).Versions.All(version => version.Enabled));
    }

    [Fact]
    public async Task Rotate_Deep_EncryptsEachBlobAnew()
    {
        using var stack = await BranchStack.CreateAsync();
        for (var number = 0; number < 6; number++)
        {
            await stack.ProtectAsync($"blob-{number}", $"content {number}");
        }

        var before = await stack.HeaderAsync("blob-3");
        var rotated = await stack.RotateAsync(deep: true);

        Assert.Equal((6, 0), (rotated.Reencrypted, rotated.LeftBehind));
        Assert.NotEqual(BlobState.Of(before).Commitment, BlobState.Of(await stack.HeaderAsync("blob-3")).Commitment);
        Assert.Equal("content 3", await stack.ReadAsync("blob-3"));
        Assert.Empty(await stack.AuditAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retire_CurrentBranch_MovesItsBlobsAndRefusesItFromThenOn(bool deep)
    {
        using var stack = await BranchStack.CreateAsync();
        for (var number = 0; number < 6; number++)
        {
            await stack.ProtectAsync($"blob-{number}", $"content {number}");
        }

        var (old, before) = ((await stack.PinsAsync()).Current!, await stack.HeaderAsync("blob-3"));

        var retired = await stack.RetireAsync(deep: deep);

        var (pins, after) = (await stack.PinsAsync(), await stack.HeaderAsync("blob-3"));
        Assert.Equal((true, 6, 0, old), (retired.IsRetired, retired.Moved, retired.LeftBehind, retired.Branch));
        Assert.Equal([retired.Current], pins.All);
        Assert.Equal(pins.Current, after.Branch);
        Assert.Equal(!deep, BlobState.Of(before).Commitment == BlobState.Of(after).Commitment);
        Assert.Equal("content 3", await stack.ReadAsync("blob-3"));
        Assert.Empty(await stack.AuditAsync());
        await Assert.ThrowsAsync<ConflictException>(() => stack.RetireAsync(old));
    }

    [Fact]
    public async Task Retire_BlobThatCannotBeMoved_KeepsTheBranchSealed()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        await stack.ProtectAsync("b", "content of b");
        var blob = stack.Storage.Protected.Client.GetBlobClient("b");
        var metadata = new Dictionary<string, string>((await blob.GetPropertiesAsync()).Value.Metadata) { ["byok_length"] = "11" };
        await blob.SetMetadataAsync(metadata);
        var old = (await stack.PinsAsync()).Current!;

        var retired = await stack.RetireAsync();

        Assert.False(retired.IsRetired);
        Assert.Equal("b", Assert.Single(retired.Unmovable).Name);
        Assert.Equal([old], (await stack.PinsAsync()).Sealed);
        Assert.Equal("content", await stack.ReadAsync("a"));
    }

    [Fact]
    public async Task Retire_AnotherOperationHoldsTheKey_IsRefused()
    {
        using var stack = await BranchStack.CreateAsync();
        await new Byok.Pipeline.Keys.OperationClaims(stack.Storage, stack.Time).ClaimAsync(BranchStack.Key, "rotate-alpha-1", CancellationToken.None);

        await Assert.ThrowsAsync<OperationInProgressException>(() => stack.RetireAsync());
        await Assert.ThrowsAsync<OperationInProgressException>(() => stack.BringAsync(BranchStack.Key, "other"));
        Assert.True((await stack.RevokeAsync()).Versions.Count > 0);
    }

    [Theory]
    [InlineData(RevocationMode.Disable)]
    [InlineData(RevocationMode.Delete)]
    public async Task Restore_RevokedKey_OpensItsBlobsAgain(RevocationMode mode)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var pins = await stack.PinsAsync();

        await stack.RevokeAsync(mode);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));
        var restored = await stack.RestoreAsync();

        Assert.Equal(pins.All, restored.Branches);
        Assert.False(restored.ArePinsRecorded);
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Empty(await stack.AuditAsync());
    }

    [Fact]
    public async Task Restore_PurgedKey_PinsWhatTheLedgerKnowsAndNoRetiredBranch()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var retired = (await stack.RetireAsync()).Branch;
        await stack.RotateAsync();
        var pins = await stack.PinsAsync();
        await stack.RevokeAsync(RevocationMode.Delete);
        await stack.Vault.PurgeDeletedKeyAsync(BranchStack.Key, CancellationToken.None);

        var restored = await stack.RestoreAsync();

        Assert.True(restored.ArePinsRecorded);
        Assert.Empty(restored.UnreadableBranches);
        Assert.Equal(pins.All, (await stack.PinsAsync()).All);
        Assert.DoesNotContain(retired, (await stack.PinsAsync()).All);
        Assert.Equal("content", await stack.ReadAsync("a"));
        await stack.ProtectAsync("b", "content of b");
        Assert.Equal("content of b", await stack.ReadAsync("b"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restore_PurgedKeyWhoseRecordServesNobody_LetsTheCopiesServeAndTheRecordBeMadeAnew(bool isMissing)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var branch = (await stack.PinsAsync()).Current!;
        await stack.RevokeAsync(RevocationMode.Delete);
        await stack.Vault.PurgeDeletedKeyAsync(BranchStack.Key, CancellationToken.None);
        await stack.SpoilRecordAsync(branch, isMissing);

        var restored = await stack.RestoreAsync();

        Assert.Equal([branch], restored.UnreadableBranches);
        stack.Forget();
        Assert.Equal("content", await stack.ReadAsync("a"));
        var rebuilt = await stack.Catalog.Get<BranchRebuilder>().RunAsync("rebuild", BranchStack.Key, [], CancellationToken.None);
        Assert.Equal([branch], rebuilt.Rebuilt);
        await stack.ProtectAsync("b", "content of b");
        Assert.Equal("content of b", await stack.ReadAsync("b"));
    }

    [Fact]
    public async Task Revoke_RecordOfTheBranchIsAltered_IsProvedAllTheSame()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        await stack.SpoilRecordAsync((await stack.PinsAsync()).Current!, isMissing: false);

        await stack.RevokeAsync();

        Assert.All((await stack.LifeAsync()).Versions, version => Assert.False(version.Enabled));
        stack.Forget();
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));
    }

    [Fact]
    public async Task Encrypt_BranchSealedBetweenCommitAndCompletion_IsMovedOnBeforeThePlaintextGoes()
    {
        using var stack = await BranchStack.CreateAsync();
        var old = (await stack.PinsAsync()).Current!;
        var (uploads, catalog) = (stack.Storage.Uploads.Client, stack.Catalog);
        var content = new byte[(EnvelopePlan.MinChunksPerSegment * EnvelopePlan.StandardChunkSizeInBytes) + 1];
        var etag = (await uploads.GetBlobClient("large").UploadAsync(BinaryData.FromBytes(content), overwrite: true)).Value.ETag.ToString();
        var begin = new BeginEncryptionInput("encrypt", BlobId.New().ToString(), new EncryptBlobInput { BlobName = "large", ETag = etag });
        var plan = (await catalog.Get<BeginEncryption>().RunAsync(begin, CancellationToken.None)).Plan!;
        var segments = new List<SegmentResult>();
        for (var segment = 0; segment < plan.Envelope.Segments; segment++)
        {
            segments.Add(await catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, segment), CancellationToken.None));
        }

        var written = await catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, segments), CancellationToken.None);
        var current = await catalog.Get<SealBranch>().RunAsync(new SealInput("retire", BranchStack.Key, old), CancellationToken.None);

        await catalog.Get<CompleteBlob>().RunAsync(CompleteBlobInput.For(plan, written, 1), CancellationToken.None);

        Assert.Equal(current, (await stack.HeaderAsync("large")).Branch);
        Assert.False((await uploads.GetBlobClient("large").ExistsAsync()).Value);
        await catalog.Get<UnpinBranch>().RunAsync(new UnpinInput("retire", BranchStack.Key, old, 0, 2), CancellationToken.None);
        stack.Forget();
        Assert.Equal(content.Length, (await stack.ReadAsync("large")).Length);
        Assert.Empty(await stack.AuditAsync());
    }

    [Fact]
    public async Task Bring_AnotherMasterKeyUnderADestroyedKeysName_IsRefusedAndARestoreStillServes()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var pins = await stack.PinsAsync();
        await stack.RevokeAsync(RevocationMode.Delete);
        await stack.Vault.PurgeDeletedKeyAsync(BranchStack.Key, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.BringAsync(BranchStack.Key, "other"));
        Assert.Contains($"byok key restore {BranchStack.Key}", refusal.Message, StringComparison.Ordinal);
        await stack.RestoreAsync();

        Assert.Equal(pins.All, (await stack.PinsAsync()).All);
        Assert.Equal("content", await stack.ReadAsync("a"));
    }

    [Theory]
    [InlineData("byok-branch")]
    [InlineData(KeyTags.Activation)]
    [InlineData("byok-")]
    public async Task Restore_TagsWereRemoved_WritesThePinsAnew(string beginning)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var (pins, version) = (await stack.PinsAsync(), await stack.CurrentVersionAsync());
        stack.Vault.Replace(version with { Tags = version.Tags.Where(tag => !tag.Key.StartsWith(beginning, StringComparison.Ordinal)).ToDictionary() });
        stack.Forget();

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));
        Assert.Contains("key-pins", (await stack.AuditAsync()).Select(group => group.Key));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.BringAsync(BranchStack.Key, "other"));
        var restored = await stack.RestoreAsync();

        Assert.True(restored.ArePinsRecorded);
        Assert.Equal(pins.All, (await stack.PinsAsync()).All);
        Assert.Equal("content", await stack.ReadAsync("a"));
    }

    [Fact]
    public async Task Rebuild_CopiesOnlyUnderADisabledVersion_NeedsConsentAndLeavesItDisabled()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        var (old, branch) = (await stack.CurrentVersionAsync(), (await stack.PinsAsync()).Current!);
        await stack.RotateAsync();
        await stack.Storage.Branches.DeleteAsync(BranchRecord.BlobNameOf(BranchStack.Key, branch), null, CancellationToken.None);
        stack.Forget();
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));

        var without = await stack.Catalog.Get<BranchRebuilder>().RunAsync("rebuild", BranchStack.Key, [], CancellationToken.None);
        Assert.Equal([branch], without.Lost);
        Assert.Equal([old.Id], without.Needed);

        var with = await stack.Catalog.Get<BranchRebuilder>().RunAsync("rebuild", BranchStack.Key, without.Needed, CancellationToken.None);

        Assert.Equal([branch], with.Rebuilt);
        Assert.False((await stack.Vault.GetKeyAsync(old.Id.Name, old.Id.Version, CancellationToken.None)).Enabled);
        Assert.Equal([(await stack.CurrentVersionAsync()).Id], (await stack.RecordAsync(branch)).Wrappings.Select(wrapping => wrapping.KeyId));
        stack.Forget();
        Assert.Equal("content", await stack.ReadAsync("a"));
    }

    [Fact]
    public async Task Read_AllRecordsDeleted_GoesOnWhereTheCopysVersionIsEnabledAndElseSaysHowToGoOn()
    {
        using var stack = await BranchStack.CreateAsync();
        var names = new List<string>();
        for (var branch = 0; branch < 3; branch++)
        {
            names.Add($"blob-{branch}");
            await stack.ProtectAsync(names[^1], names[^1]);
            stack.Time.Advance(stack.Options.MaxBranchAge + TimeSpan.FromDays(1));
            await stack.RotateAsync();
        }

        names.Add("last");
        await stack.ProtectAsync("last", "last");
        await stack.DeleteRecordsAsync();
        stack.Forget();

        Assert.Equal("last", await stack.ReadAsync("last"));
        foreach (var name in names.SkipLast(1))
        {
            var refusal = await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync(name));
            Assert.Contains($"byok branch rebuild {BranchStack.Key}", refusal.Message, StringComparison.Ordinal);
        }

        var asked = await stack.RebuildAsync();
        Assert.Equal([(await stack.PinsAsync()).Current!], asked.Rebuilt);
        var rebuilt = await stack.RebuildAsync([.. asked.Needed]);

        Assert.Equal(3, rebuilt.Rebuilt.Count);
        Assert.Empty(rebuilt.Lost);
        Assert.Single((await stack.LifeAsync()).Versions, version => version.Enabled);
        stack.Forget();
        foreach (var name in names)
        {
            Assert.Equal(name, await stack.ReadAsync(name));
        }

        Assert.Empty(await stack.AuditAsync());
    }

    [Fact]
    public async Task Protect_AllRecordsDeleted_SaysHowToGoOn()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        await stack.DeleteRecordsAsync();
        stack.Forget();

        var refusal = await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ProtectAsync("b", "content"));
        Assert.Contains($"byok branch rebuild {BranchStack.Key}", refusal.Message, StringComparison.Ordinal);

        await stack.RebuildAsync();
        stack.Forget();
        await stack.ProtectAsync("b", "content", overwrite: true);
        Assert.Equal("content", await stack.ReadAsync("b"));
    }

    /// <summary>No blob has a copy of it, so nothing but its record ever had its key.</summary>
    [Fact]
    public async Task Retire_CurrentBranchOfNoBlobWhoseRecordIsLost_MakesAnotherOne()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.DeleteRecordsAsync();
        Assert.Single((await stack.RebuildAsync()).Lost);

        Assert.True((await stack.RetireAsync()).IsRetired);

        await stack.ProtectAsync("a", "content");
        Assert.Equal("content", await stack.ReadAsync("a"));
        Assert.Empty(await stack.AuditAsync());
    }
}
