using Azure.Storage.Blobs.Specialized;
using Byok.Client.Reading;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Testing;

namespace Byok.Pipeline.Tests.RevokeKey;

[Collection(AzuriteCollection.Name)]
public class RevokeKeyTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(RevocationMode.Disable)]
    [InlineData(RevocationMode.Delete)]
    public async Task Revoke_AKeyInUse_MakesEveryReadFail(RevocationMode mode)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(3);
        await using (await stack.Catalog.Reader.OpenAsync(names[0], PinFreshness.Cached, default))
        {
            // Its branch key is in the other process's cache from now on.
        }

        var result = await RevokeAsync(stack, mode);

        Assert.Null(result.LastUnwrapAfterSeconds);
        Assert.Single(result.Versions);
        foreach (var name in names)
        {
            await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync(name));
        }

        stack.Time.Advance(stack.Options.KeyCacheTime);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.Catalog.Reader.OpenAsync(names[0], PinFreshness.Cached, default));
        var kinds = await stack.Ledger.ReadAsync(default).Select(entry => entry.Event.Kind).ToListAsync();
        Assert.Contains("key.revocation.ordered", kinds);
        Assert.Equal("key.revoked", kinds[^1]);
    }

    [Fact]
    public async Task Revoke_LedgerThatIsBroken_RevokesProbesAndSaysWhatIsMissing()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(1);
        await stack.Storage.Ledger.GetAppendBlobClient("ledger-00000001.jsonl").AppendBlockAsync(BinaryData.FromString("{\"sequence\":1}\n").ToStream());

        var failure = await Assert.ThrowsAsync<IntegrityException>(() => RevokeAsync(stack, RevocationMode.Disable));

        Assert.Contains("is revoked and the vault refuses it", failure.Message, StringComparison.Ordinal);
        Assert.False(Assert.Single(await stack.VersionsAsync()).Enabled);
        Assert.Contains(ProbeRevocation.Name, stack.Engine.Activities);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync(names[0]));
    }

    [Fact]
    public async Task Revoke_VaultThatObeysLate_SaysHowLongUnwrappingWentOn()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var key = Assert.Single(await stack.VersionsAsync());
        var until = stack.Time.GetUtcNow() + TimeSpan.FromSeconds(20);
        // A vault with many nodes: the probed one does not know yet.
        stack.Vault.OnUnwrap = id => stack.Vault.Replace(stack.Vault.GetKeyAsync(id.Name, id.Version, default).Result with { Enabled = stack.Time.GetUtcNow() < until });

        var result = await RevokeAsync(stack, RevocationMode.Disable);

        Assert.InRange(result.LastUnwrapAfterSeconds!.Value, 10, 20);
        Assert.True(result.RefusedAfterSeconds >= 20);
        Assert.False((await stack.VersionAsync(key.Id)).Enabled);
    }

    [Fact]
    public async Task Revoke_VaultThatNeverObeys_FailsAndSaysSo()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        stack.Vault.OnUnwrap = id => stack.Vault.Replace(stack.Vault.GetKeyAsync(id.Name, id.Version, default).Result with { Enabled = true });
        await Assert.ThrowsAsync<VaultException>(() => RevokeAsync(stack, RevocationMode.Disable));
    }

    [Fact]
    public async Task Revoke_UnknownOrRevokedKey_IsRefused()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => RevokeAsync(stack, RevocationMode.Disable, "nobody"));
        await RevokeAsync(stack, RevocationMode.Disable);
        await Assert.ThrowsAsync<KeyStateException>(() => RevokeAsync(stack, RevocationMode.Disable));
        await stack.Vault.DeleteKeyAsync(LifeStack.Key, default);
        await Assert.ThrowsAsync<KeyStateException>(() => RevokeAsync(stack, RevocationMode.Delete));
    }

    [Theory]
    [InlineData(RevocationMode.Disable)]
    [InlineData(RevocationMode.Delete)]
    public async Task Revoke_Rehearsal_ProvesItOnACanaryAndTouchesNothingElse(RevocationMode mode)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(2);
        var before = Assert.Single(await stack.VersionsAsync());

        var result = await stack.Engine.RunAsync<RevokeKeyResult>(
            RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = LifeStack.Key, Mode = mode, Rehearsal = true }, "rehearsal");

        Assert.True(result.CanaryWasUnreadable);
        Assert.NotEqual(LifeStack.Key, result.KeyName);
        Assert.Equal(before, Assert.Single(await stack.VersionsAsync()));
        Assert.Equal(2, (await stack.CoverageAsync()).Values.Sum());
        Assert.Empty(await stack.VersionsAsync(result.KeyName));
        Assert.False(await stack.Vault.ListDeletedKeysAsync(default).AnyAsync(key => key.Key.Id.Name == result.KeyName));
        Assert.Equal(LifeStack.ContentOf(names[0]), await stack.ReadAsync(names[0]));
    }

    [Fact]
    public async Task Revoke_KilledAtEveryBoundary_EndsRevoked()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        var killed = new HashSet<string>();
        stack.Engine.DiesAt = (boundary, _) => killed.Add(boundary);

        var result = await RevokeAsync(stack, RevocationMode.Disable);

        Assert.Equal(8, stack.Engine.Deaths); // before and after the order, the record, the probe and the wait
        Assert.Single(result.Versions);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("blob-000000"));
    }

    [Fact]
    public async Task Revoke_WhileARotationBringsAVersion_TakesThatVersionTooAndARestoreGivesAllBack()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(3);
        stack.Engine.OnActivity = async activity =>
        {
            if (activity == ExportMasterKey.Name)
            {
                stack.Engine.OnActivity = _ => Task.CompletedTask;
                await OrderAsync(stack); // before the vault has the new version
            }
        };
        const string rotation = "rotate-customer-key-0123456789abcdef0123456789abcdef";
        var input = new RotateKeyInput { KeyName = LifeStack.Key };

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.Engine.RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, input, rotation));

        Assert.All(await stack.VersionsAsync(), version => Assert.False(version.Enabled));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync(names[0]));
        await stack.Engine.RunAsync<RestoreKeyResult>(RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = LifeStack.Key }, "restore");
        foreach (var name in names)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
        }

        stack.Time.Advance(TimeSpan.FromSeconds(1));
        var rotated = await stack.Engine.RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, input, rotation);
        Assert.Equal(2, (await stack.VersionsAsync()).Count);
        Assert.Equal([rotated.Branches[0].ToString()], (await stack.CoverageAsync()).Keys);
    }

    [Fact]
    public async Task Order_TwoVersions_DisablesAndMarksBothAlsoWhenItRunsAgain()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.BringAsync(LifeStack.Key, "another-label");

        var order = await OrderAsync(stack);

        var versions = await stack.VersionsAsync();
        Assert.Equal(2, versions.Count);
        Assert.All(versions, version => Assert.False(version.Enabled));
        Assert.All(versions, version => Assert.Equal(new KeyOrder(KeyOrderKind.Revoked, order.OrderedOn, "revoke-order"), KeyOrder.Of(version)));
        Assert.Equal(versions.Select(version => version.Id), order.Versions);
        Assert.Equal(order.Versions, (await OrderAsync(stack)).Versions); // run again, as after a crash
    }

    private static Task<RevocationOrder> OrderAsync(LifeStack stack) =>
        stack.Catalog.Get<OrderRevocation>().RunAsync(new OrderRevocationInput("revoke-order", LifeStack.Key, RevocationMode.Disable, null, null), default);

    internal static Task<RevokeKeyResult> RevokeAsync(LifeStack stack, RevocationMode mode, string name = LifeStack.Key) => stack.Engine.RunAsync<RevokeKeyResult>(
        RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = name, Mode = mode }, $"revoke-{Guid.NewGuid():N}");
}
