using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.Tests.RevokeKey;
using Byok.Pipeline.Tests.RotateKey;
using Byok.Storage;
using Byok.Testing;

namespace Byok.Pipeline.Tests.RestoreKey;

[Collection(AzuriteCollection.Name)]
public class RestoreKeyTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(RevocationMode.Disable, Revocation.Disabled)]
    [InlineData(RevocationMode.Delete, Revocation.Deleted)]
    public async Task Restore_ARevokedKey_MakesEveryBlobReadableAgain(RevocationMode mode, Revocation expected)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(3);
        await RevokeKeyTests.RevokeAsync(stack, mode);

        var result = await RestoreAsync(stack);

        Assert.Equal(expected, result.Found);
        Assert.Single(result.Branches);
        Assert.False(result.ArePinsRecorded);
        await AssertReadableAsync(stack, names);
        Assert.Equal(KeyOrderKind.Restored, KeyOrder.Of(Assert.Single(await stack.VersionsAsync()))!.Kind);
        await stack.UploadAsync("new", LifeStack.ContentOf("new"));
    }

    [Fact]
    public async Task Restore_AfterARotation_EnablesWhatTheRevocationDisabledAndNothingElse()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(2);
        var rotated = await RotateKeyTests.RotateAsync(stack);
        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);

        var result = await RestoreAsync(stack);

        Assert.Equal([rotated.KeyId], result.Versions);
        Assert.False((await stack.VersionAsync(rotated.Disabled[0])).Enabled);
        await AssertReadableAsync(stack, names);
    }

    [Fact]
    public async Task Restore_KeyDisabledByHand_EnablesIt()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(1);
        await stack.Vault.UpdateKeyAsync((await stack.VersionsAsync())[0].Id, new KeyAttributes { Enabled = false }, default);
        Assert.Equal(Revocation.Disabled, (await RestoreAsync(stack)).Found);
        await AssertReadableAsync(stack, names);
    }

    [Fact]
    public async Task Restore_AfterAPurge_BringsTheSameMasterKeyAndBlobsReadAtOnce()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(12);
        var old = Assert.Single(await stack.VersionsAsync());
        await PurgeAsync(stack);

        var result = await RestoreAsync(stack);

        Assert.Equal(Revocation.Purged, result.Found);
        var version = Assert.Single(await stack.VersionsAsync());
        Assert.NotEqual(old.Id, version.Id);
        Assert.Equal(old.PublicKey!.Thumbprint, version.PublicKey!.Thumbprint);
        Assert.True(result.ArePinsRecorded);
        Assert.Empty(result.UnreadableBranches);
        await AssertReadableAsync(stack, names);
    }

    [Fact]
    public async Task Restore_PurgedKeyWhoseRecordIsOfAnOlderMasterKey_BringsBothMasterKeys()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(4);
        var branch = BranchPins.Of(await stack.Vault.ReadLifeAsync(LifeStack.Key, default)).Current!;
        var record = (await new BranchRecords(stack.Storage.Branches).FindAsync(LifeStack.Key, branch, default))!;
        await RotateKeyTests.RotateAsync(stack);
        await stack.Storage.Branches.PutAsync(BranchRecord.BlobNameOf(LifeStack.Key, branch), new BinaryData(record.ToUtf8Json()), "application/json", null, default);
        await PurgeAsync(stack);

        var result = await RestoreAsync(stack);

        Assert.Equal(2, result.Versions.Count);
        Assert.Empty(result.Missing);
        await AssertReadableAsync(stack, names);
        Assert.Equal("customer-key-20300101", (await stack.Vault.ReadLifeAsync(LifeStack.Key, default)).Current!.Tags[KeyTags.Label]);
    }

    [Fact]
    public async Task Restore_StrangersBlobsAndRecordNameManyKeys_BringsTheRealOnesAllTheSame()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(4);
        var branch = (await stack.PinsAsync()).Current!;
        var record = await stack.RecordAsync(branch);
        await RotateKeyTests.RotateAsync(stack);
        for (var number = 0; number < BranchRecord.MaxWrappings - 1; number++)
        {
            var strangers = new KeyIdentifier(stack.Vault.VaultUri, LifeStack.Key, $"{number:x32}");
            record = record.With(new BranchWrapping(strangers, $"{number:00}{new string('A', 41)}", record.Wrappings[^1].WrappedKey));
        }

        await stack.Storage.Branches.PutAsync(BranchRecord.BlobNameOf(LifeStack.Key, branch), new BinaryData(record.ToUtf8Json()), "application/json", null, default);
        var real = await stack.Storage.Protected.FindAsync(names[0], etag: null, default);
        for (var number = 0; number < 40; number++)
        {
            var metadata = new Dictionary<string, string>(real.Metadata) { [EnvelopeFields.KeyThumbprint] = $"{number:00}{new string('A', 41)}" };
            await stack.Storage.Protected.Client.GetBlobClient($"0/{number:00}").UploadAsync(
                BinaryData.FromString("x"), new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = metadata });
        }

        await PurgeAsync(stack);

        var result = await RestoreAsync(stack);

        Assert.Equal(2, result.Versions.Count);
        Assert.Empty(result.Missing);
        Assert.Empty(result.UnreadableBranches);
        await AssertReadableAsync(stack, names);
    }

    [Fact]
    public async Task Restore_PurgedKeyThatTheHsmLacksToo_IsRefusedAndChangesNothing()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        await PurgeAsync(stack);
        stack.Hsm.Remove(LifeStack.Key);
        await stack.Hsm.GenerateMasterKeyAsync(LifeStack.Key, 2048, default);

        await Assert.ThrowsAsync<HsmKeyNotFoundException>(() => RestoreAsync(stack));

        Assert.Empty(await stack.VersionsAsync());
    }

    [Fact]
    public async Task Restore_KeyThatIsNotRevoked_IsRefusedAndChangesNothing()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var before = await stack.VersionsAsync();
        await Assert.ThrowsAsync<KeyStateException>(() => RestoreAsync(stack));
        Assert.Equal(before, await stack.VersionsAsync());
        await Assert.ThrowsAsync<KeyUnavailableException>(() => RestoreAsync(stack, "nobody"));
    }

    [Fact]
    public async Task Restore_KilledAtEveryBoundary_EndsRestored()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(3);
        await PurgeAsync(stack);
        var killed = new HashSet<string>();
        stack.Engine.DiesAt = (boundary, _) => killed.Add(boundary);

        var result = await RestoreAsync(stack);

        Assert.True(stack.Engine.Deaths >= 15, $"died {stack.Engine.Deaths} times");
        Assert.True(result.ArePinsRecorded);
        Assert.Single(await stack.VersionsAsync());
        await AssertReadableAsync(stack, names);
    }

    private static async Task PurgeAsync(LifeStack stack)
    {
        await stack.Vault.DeleteKeyAsync(LifeStack.Key, default);
        await stack.Vault.PurgeDeletedKeyAsync(LifeStack.Key, default);
        stack.Catalog.Branches.Forget();
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("blob-000000"));
    }

    private static async Task AssertReadableAsync(LifeStack stack, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
        }
    }

    private static Task<RestoreKeyResult> RestoreAsync(LifeStack stack, string name = LifeStack.Key) => stack.Engine.RunAsync<RestoreKeyResult>(
        RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = name }, $"restore-{Guid.NewGuid():N}");
}
