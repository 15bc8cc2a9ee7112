using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Local.Tests.VaultEndpoint;

/// <summary>Microsoft's own client for JavaScript takes the local vault for Key Vault.</summary>
public sealed class MicrosoftClientTests(VaultEndpointFixture fixture) : IClassFixture<VaultEndpointFixture>
{
    [Fact]
    public Task Client_LifeOfAKey_GoesAsInKeyVault() => CompletesAsync("life.mjs", "life");

    [Fact]
    public Task Client_Cryptography_AgreesWithNode() => CompletesAsync("cryptography.mjs", "cryptography");

    [Fact]
    public Task Client_BadRequests_FailAsInKeyVault() => CompletesAsync("errors.mjs", "errors");

    [Fact]
    public async Task Client_Lists_ComeInPages()
    {
        for (var number = 0; number < 5; number++)
        {
            await fixture.Vault.CreateKeyAsync($"paging-{number}", 2048, new KeyAttributes(), default);
        }

        await fixture.Vault.CreateKeyAsync("paging-0", 2048, new KeyAttributes(), default);
        await fixture.Vault.CreateKeyAsync("paging-0", 2048, new KeyAttributes(), default);
        await CompletesAsync("paging.mjs", "paging-", "5");
    }

    [Fact]
    public async Task Client_TransferBlobOfTheHsm_BecomesAKeyThatUnwraps()
    {
        var master = await fixture.Hsm.GenerateMasterKeyAsync("interop-master", 2048, default);
        var kek = await KeyVaultScript.RunAsync(fixture, "kek.mjs", "interop-kek");
        var exported = await fixture.Hsm.ExportMasterKeyAsync(
            new ExportRequest
            {
                RequestId = "interop",
                KeyLabel = master.Label,
                KekId = KeyIdentifier.Parse(kek.GetProperty("kid").GetString()!),
                Kek = new RsaPublicKey(kek.GetProperty("n").GetString()!, kek.GetProperty("e").GetString()!),
                KekOperations = [.. kek.GetProperty("operations").EnumerateArray().Select(operation => operation.GetString()!)],
                ExpiresOn = TimeProvider.System.GetUtcNow().AddHours(1),
            },
            default);
        var file = fixture.NewFile("interop.byok");
        await File.WriteAllBytesAsync(file, exported.TransferBlob);

        var imported = await KeyVaultScript.RunAsync(fixture, "import.mjs", "interop-key", file);

        Assert.Equal(master.PublicKey, new RsaPublicKey(imported.GetProperty("n").GetString()!, imported.GetProperty("e").GetString()!));
        Assert.Equal(fixture.Address, KeyIdentifier.Parse(imported.GetProperty("kid").GetString()!).Vault);
    }

    private async Task CompletesAsync(string script, params string[] arguments) =>
        Assert.True((await KeyVaultScript.RunAsync(fixture, script, arguments)).GetProperty("done").GetBoolean());
}
