using Byok.Client.Reading;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Tests.RevokeKey;
using Byok.Pipeline.Tests.RotateKey;
using Byok.Testing;

namespace Byok.Pipeline.Tests.KeyLife;

/// <summary>Operations on one key that meet: each meeting has one outcome.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class ContestedKeyTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(RevocationMode.Disable)]
    [InlineData(RevocationMode.Delete)]
    public async Task Revoke_RestoredWhileItProbes_EndsAndTheKeyIsInUse(RevocationMode mode)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(2);
        Once(stack, () => RestoreAsync(stack));

        var failure = await Assert.ThrowsAsync<OverruledException>(() => RevokeKeyTests.RevokeAsync(stack, mode));

        Assert.Contains("was restored meanwhile", failure.Message, StringComparison.Ordinal);
        Assert.Equal(LifeStack.ContentOf(names[0]), await stack.ReadAsync(names[0]));
        Assert.True(Assert.Single(await stack.VersionsAsync()).Enabled);
        var kinds = await KindsAsync(stack);
        Assert.Contains("key.restored", kinds);
        Assert.Contains("key.revocation.overruled", kinds);
        Assert.DoesNotContain("key.revoked", kinds);
    }

    [Theory]
    [InlineData(RevocationMode.Disable)]
    [InlineData(RevocationMode.Delete)]
    public async Task Restore_RevokedBeforeItsProof_EndsAndNothingUnwraps(RevocationMode mode)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(1);
        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);
        stack.Engine.OnActivity = async activity =>
        {
            if (activity == ReinstateKey.Name)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                stack.Time.Advance(TimeSpan.FromSeconds(1));
                await RevokeKeyTests.RevokeAsync(stack, mode);
            }
        };

        var failure = await Assert.ThrowsAsync<OverruledException>(() => RestoreAsync(stack));

        Assert.Contains("was revoked meanwhile", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(await stack.VersionsAsync(), version => version.Enabled);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync(names[0]));
        Assert.Contains("key.restore.overruled", await KindsAsync(stack));
    }

    [Fact]
    public async Task Restore_AskedForBeforeTheKeyWasRevoked_ChangesNothing()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var askedOn = stack.Time.GetUtcNow();
        stack.Time.Advance(TimeSpan.FromSeconds(1));
        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);
        var before = await stack.VersionsAsync();

        await Assert.ThrowsAsync<OverruledException>(() => stack.Engine.RunAsync<RestoreKeyResult>(
            RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = LifeStack.Key, OrderedOn = askedOn }, "cut-off"));

        Assert.Equal(before, await stack.VersionsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Revoke_VersionEnabledWhileItProbes_IsTakenToo(bool isNew)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var first = Assert.Single(await stack.VersionsAsync());
        Once(stack, () => isNew
            ? Task.FromResult(stack.Vault.AddActiveKey(LifeStack.Key))
            : stack.Vault.UpdateKeyAsync(first.Id, new KeyAttributes { Enabled = true }, default)); // in the portal
        var began = stack.Time.GetUtcNow();

        var result = await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);

        var versions = await stack.VersionsAsync();
        Assert.All(versions, version => Assert.False(version.Enabled));
        Assert.Equal(versions.Select(version => version.Id), result.Versions);
        Assert.Equal(isNew, result.OrderedOn > began); // the seconds count from the order that took the last version
        Assert.Equal(2, (await KindsAsync(stack)).Count(kind => kind == "key.revocation.ordered"));
    }

    [Fact]
    public async Task Revoke_VaultWithoutRoomForTags_DisablesAndARestoreGivesBack()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(1);
        stack.Vault.OnUpdate = (_, attributes) =>
        {
            if (attributes.Tags is not null)
            {
                throw new VaultException("A key has 15 tags at most.");
            }
        };

        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync(names[0]));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.BringAsync(LifeStack.Key, "other"));
        await RestoreAsync(stack);
        Assert.Equal(LifeStack.ContentOf(names[0]), await stack.ReadAsync(names[0]));
    }

    [Fact]
    public async Task Revoke_OneVersionThatCannotBeDisabled_DisablesTheOthersAndFails()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var stubborn = Assert.Single(await stack.VersionsAsync());
        stack.Vault.AddActiveKey(LifeStack.Key);
        stack.Vault.OnUpdate = (id, attributes) =>
        {
            if (id == stubborn.Id)
            {
                throw new VaultException("refused");
            }
        };

        await Assert.ThrowsAsync<VaultException>(() => RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable));

        Assert.Equal([stubborn.Id], (await stack.VersionsAsync()).Where(version => version.Enabled).Select(version => version.Id));
        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Delete); // which asks for no update
        Assert.Empty(await stack.VersionsAsync());
    }

    [Fact]
    public async Task Revoke_DisabledKeyToBeDeleted_DeletesItAndARestoreGivesBack()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(1);
        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);

        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Delete);

        Assert.Empty(await stack.VersionsAsync());
        await stack.Vault.RecoverDeletedKeyAsync(LifeStack.Key, default);
        Assert.False(Assert.Single(await stack.VersionsAsync()).Enabled); // recovered past us it refuses still
        await RestoreAsync(stack);
        Assert.Equal(LifeStack.ContentOf(names[0]), await stack.ReadAsync(names[0]));
    }

    [Theory]
    [InlineData(ExportMasterKey.Name)]
    [InlineData(ImportMasterKey.Name)]
    [InlineData(ActivateKey.Name)]
    [InlineData(RetireOldVersions.Name)]
    public async Task Rotate_RevokedAfterAnyOfItsSteps_DoesNotBringTheKeyBack(string step)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(2);
        stack.Engine.OnActivity = async activity =>
        {
            if (activity == step)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);
            }
        };

        await Record.ExceptionAsync(() => RotateKeyTests.RotateAsync(stack));

        Assert.DoesNotContain(await stack.VersionsAsync(), version => version.Enabled);
        await RestoreAsync(stack);
        stack.Catalog.Branches.Forget();
        foreach (var name in names)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
        }
    }

    [Fact]
    public async Task Import_RevokedWhileItIsOnItsWay_DisablesItsVersionInTheSameStep()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        stack.Vault.OnImport = _ =>
        {
            foreach (var version in stack.VersionsAsync().Result)
            {
                stack.Vault.Replace(version with { Enabled = false });
            }
        };
        var enabledAfterImport = new List<int>();
        stack.Engine.OnFailure = (activity, _) =>
        {
            if (activity == ImportMasterKey.Name)
            {
                enabledAfterImport.Add(stack.VersionsAsync().Result.Count(version => version.Enabled));
            }
        };

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.BringAsync(LifeStack.Key, "another-label"));

        Assert.Equal([0], enabledAfterImport);
        Assert.Equal(2, (await stack.VersionsAsync()).Count);
    }

    [Fact]
    public async Task Bring_RevokedDuringItsProof_DisablesItsOwnVersion()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var proofs = 0;
        stack.Vault.OnUnwrap = _ =>
        {
            // Between the look before the proof and the one after it; only the old version is known to whoever revokes.
            if (proofs++ == 0)
            {
                foreach (var version in stack.VersionsAsync().Result.Where(version => version.Tags[KeyTags.State] == KeyTags.Active))
                {
                    stack.Vault.Replace(version with { Enabled = false });
                }
            }
        };

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.BringAsync(LifeStack.Key, "another-label"));

        Assert.Equal(2, (await stack.VersionsAsync()).Count);
        Assert.DoesNotContain(await stack.VersionsAsync(), version => version.Enabled);
    }

    [Fact]
    public async Task Bring_FailsAfterItsVersionWasActivated_LeavesItInUseForBlobsMayBeUnderIt()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        stack.Vault.OnUpdate = (id, attributes) =>
        {
            if (id.Name == "second" && attributes.Tags?[KeyTags.State] == KeyTags.Active)
            {
                stack.Vault.OnUpdate = null;
                stack.Vault.Replace(stack.Vault.GetKeyAsync(id.Name, id.Version, default).Result with { Tags = attributes.Tags });
                throw new VaultException("The answer was cut off.");
            }
        };

        await Assert.ThrowsAsync<VaultException>(() => stack.BringAsync("second"));

        Assert.Equal(Assert.Single(await stack.VersionsAsync("second")).Id, (await stack.Vault.ReadLifeAsync("second", default)).Current!.Id);
    }

    [Fact]
    public async Task Restore_RotationThatWasCutOffAfterItsVersionCameIntoUse_GivesThatVersionBack()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        const string rotation = "rotate-customer-key-0123456789abcdef0123456789abcdef";
        var input = new RotateKeyInput { KeyName = LifeStack.Key };
        stack.Engine.OnActivity = async activity =>
        {
            if (activity == ActivateKey.Name)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                stack.Catalog.Branches.Forget();
                await stack.UploadAsync("under-the-new-version", LifeStack.ContentOf("under-the-new-version"));
                await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);
                throw new ServiceUnavailableException("Its answer was lost: it runs again.");
            }
        };

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.Engine.RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, input, rotation));

        await RestoreAsync(stack);
        stack.Catalog.Branches.Forget();
        Assert.Equal(LifeStack.ContentOf("under-the-new-version"), await stack.ReadAsync("under-the-new-version"));
    }

    [Fact]
    public async Task RevokedKey_EnabledPastARestore_ProtectsNothingAndIsNotRotated()
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { MaxKeyAge = TimeSpan.FromDays(1) });
        await RevokeKeyTests.RevokeAsync(stack, RevocationMode.Disable);
        await stack.Vault.UpdateKeyAsync(Assert.Single(await stack.VersionsAsync()).Id, new KeyAttributes { Enabled = true }, default);
        stack.Time.Advance(TimeSpan.FromDays(2));

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.Catalog.Branches.GetCurrentAsync(LifeStack.Key, PinFreshness.Now, default));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => RotateKeyTests.RotateAsync(stack));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.BringAsync(LifeStack.Key, "another-label"));

        await RestoreAsync(stack);
        Assert.True((await stack.Vault.ReadLifeAsync(LifeStack.Key, default)).Current!.Enabled);
    }

    /// <summary>Runs something while the operation under test waits for the first time.</summary>
    private static void Once(LifeStack stack, Func<Task> action) => stack.Engine.OnTimer = async _ =>
    {
        stack.Engine.OnTimer = _ => Task.CompletedTask;
        stack.Time.Advance(TimeSpan.FromSeconds(1));
        await action();
    };

    private static Task<RestoreKeyResult> RestoreAsync(LifeStack stack) => stack.Engine.RunAsync<RestoreKeyResult>(
        RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = LifeStack.Key }, $"restore-{Guid.NewGuid():N}");

    private static async Task<List<string>> KindsAsync(LifeStack stack) =>
        await stack.Ledger.ReadAsync(default).Select(entry => entry.Event.Kind).ToListAsync();
}
