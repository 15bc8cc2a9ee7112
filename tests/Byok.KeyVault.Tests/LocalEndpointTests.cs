using System.Security.Cryptography;
using Azure.Core;
using Azure.Core.Pipeline;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Local.Vault;
using Byok.Local.VaultEndpoint;
using Byok.Pkcs11;
using Byok.Relay.HybridConnections;
using Byok.Testing.Tokens;

namespace Byok.KeyVault.Tests;

/// <summary>The vault port on Microsoft's client, against the local vault's endpoint: everything that bringing, revoking and restoring a key calls.</summary>
public sealed class LocalEndpointTests : IAsyncLifetime
{
    private readonly SoftHsmFixture _tokens = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-keyvault-").FullName;
    private LocalVault _local = null!;
    private VaultEndpoint _endpoint = null!;
    private AzureKeyVault _vault = null!;
    private Pkcs11Hsm _hsm = null!;

    public async Task InitializeAsync()
    {
        _local = await LocalVault.OpenAsync(
            Path.Combine(_folder, "vault.db"), _tokens.VaultToken, new LocalVaultOptions { VaultUri = VaultEndpoint.ChooseAddress() }, TimeProvider.System, default);
        _endpoint = await VaultEndpoint.StartAsync(
            _local, new VaultEndpointOptions { CertificateFile = Path.Combine(_folder, "vault.pem"), TokenFile = Path.Combine(_folder, "vault.token") }, default);
        _vault = Connect(_endpoint.AccessToken);
        _hsm = new Pkcs11Hsm(_tokens.HsmToken, new Pkcs11HsmOptions(), TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await _endpoint.DisposeAsync();
        _local.Dispose();
        _tokens.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task BringRevokeRestore_OverTheWire_WorkAsOnTheService()
    {
        var master = await _hsm.GenerateMasterKeyAsync("master", 3072, default);
        var expiry = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds());
        var kek = await _vault.CreateKeyExchangeKeyAsync("kek", 4096, new KeyAttributes { ExpiresOn = expiry }, default);
        Assert.True(kek is { IsHsmProtected: true, Operations: ["import"], Enabled: true });
        Assert.Equal((expiry, 4096), (kek.ExpiresOn, kek.PublicKey!.SizeInBits));
        var blob = await ExportAsync(kek);

        var tags = new Dictionary<string, string> { [KeyTags.State] = KeyTags.Pending };
        var imported = await _vault.ImportKeyAsync("wk", blob, new KeyAttributes { Operations = ["wrapKey", "unwrapKey"], ExpiresOn = expiry, Tags = tags }, default);
        Assert.Equal(master.PublicKey, imported.PublicKey);
        Assert.Equal(_local.VaultUri, imported.Id.Vault);
        Assert.Equal(tags, imported.Tags);
        Assert.True(imported is { Exportable: false, IsHsmProtected: true, IsPurgeProtected: false, RecoverableDays: 90 });
        Assert.Equal(["wrapKey", "unwrapKey"], imported.Operations);
        Assert.Equal(imported.PublicKey, (await _vault.GetKeyAsync("wk", null, default)).PublicKey);

        using var rsa = RSA.Create(imported.PublicKey!.ToParameters());
        var dek = RandomNumberGenerator.GetBytes(32);
        var wrapped = rsa.Encrypt(dek, RSAEncryptionPadding.OaepSHA256);
        Assert.Equal(dek, await _vault.UnwrapKeyAsync(imported.Id, wrapped, default));
        wrapped[7] ^= 1;
        await Assert.ThrowsAsync<IntegrityException>(() => _vault.UnwrapKeyAsync(imported.Id, wrapped, default));
        wrapped[7] ^= 1;

        // Revoked by disabling, restored by enabling.
        Assert.False((await _vault.UpdateKeyAsync(imported.Id, new KeyAttributes { Enabled = false }, default)).Enabled);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => _vault.UnwrapKeyAsync(imported.Id, wrapped, default));
        var enabled = await _vault.UpdateKeyAsync(imported.Id, new KeyAttributes { Enabled = true }, default);
        Assert.Equal((expiry, true), (enabled.ExpiresOn, enabled.Enabled));
        Assert.Equal(dek, await _vault.UnwrapKeyAsync(imported.Id, wrapped, default));

        // Revoked by deleting, restored by recovering.
        var deleted = await _vault.DeleteKeyAsync("wk", default);
        Assert.Equal(imported.Id, deleted.Key.Id);
        Assert.Equal(TimeSpan.FromDays(90), deleted.ScheduledPurgeOn - deleted.DeletedOn);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => _vault.UnwrapKeyAsync(imported.Id, wrapped, default));
        Assert.Equal(imported.Id, Assert.Single(await _vault.ListDeletedKeysAsync(default).ToListAsync()).Key.Id);
        await Assert.ThrowsAsync<NameTakenException>(() => _vault.ImportKeyAsync("wk", blob, new KeyAttributes(), default));
        Assert.Equal(imported.Id, (await _vault.RecoverDeletedKeyAsync("wk", default)).Id);
        Assert.Equal(dek, await _vault.UnwrapKeyAsync(imported.Id, wrapped, default));

        // Purged, and brought again: another version, the same key.
        await _vault.DeleteKeyAsync("wk", default);
        await _vault.PurgeDeletedKeyAsync("wk", default);
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => _vault.RecoverDeletedKeyAsync("wk", default));
        var again = await _vault.ImportKeyAsync("wk", blob, new KeyAttributes(), default);
        Assert.NotEqual(imported.Id, again.Id);
        Assert.Equal(dek, await _vault.UnwrapKeyAsync(again.Id, wrapped, default));

        // The KEK has served.
        await _vault.DeleteKeyAsync("kek", default);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => _vault.ImportKeyAsync("wk", blob, new KeyAttributes(), default));
        Assert.Equal(["wk"], await _vault.ListKeysAsync(default).Select(key => key.Id.Name).ToListAsync());
    }

    [Fact]
    public async Task ListKeyVersions_MoreThanAPage_GivesEachOnce()
    {
        await _hsm.GenerateMasterKeyAsync("master", 2048, default);
        var blob = await ExportAsync(await _vault.CreateKeyExchangeKeyAsync("kek", 2048, new KeyAttributes(), default));
        var brought = new HashSet<KeyIdentifier>();
        for (var number = 0; number < 27; number++)
        {
            brought.Add((await _vault.ImportKeyAsync("wk", blob, new KeyAttributes(), default)).Id);
        }

        var listed = await _vault.ListKeyVersionsAsync("wk", default).Select(key => key.Id).ToListAsync();

        Assert.Equal(27, listed.Count);
        Assert.True(brought.SetEquals(listed));
    }

    [Fact]
    public async Task Calls_ThatTheVaultRefuses_FailByTheirTypes()
    {
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => _vault.GetKeyAsync("none", null, default));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => _vault.DeleteKeyAsync("none", default));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => _vault.PurgeDeletedKeyAsync("none", default));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(
            () => _vault.UpdateKeyAsync(new KeyIdentifier(_local.VaultUri, "none", "1"), new KeyAttributes { Enabled = false }, default));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => _vault.UnwrapKeyAsync(new KeyIdentifier(_local.VaultUri, "none", "1"), new byte[256], default));
        await Assert.ThrowsAsync<TransferBlobException>(() => _vault.ImportKeyAsync("wk", "{}"u8.ToArray(), new KeyAttributes(), default));
        await Assert.ThrowsAsync<ConfigurationException>(() => Connect("another-token").GetKeyAsync("none", null, default));
        Assert.Empty(await _vault.ListKeyVersionsAsync("none", default).ToListAsync());
    }

    [Fact]
    public async Task ImportKey_DisabledKek_IsUnavailable()
    {
        await _hsm.GenerateMasterKeyAsync("master", 2048, default);
        var kek = await _vault.CreateKeyExchangeKeyAsync("kek", 2048, new KeyAttributes(), default);
        var blob = await ExportAsync(kek);
        await _vault.UpdateKeyAsync(kek.Id, new KeyAttributes { Enabled = false }, default);

        await Assert.ThrowsAsync<KeyUnavailableException>(() => _vault.ImportKeyAsync("wk", blob, new KeyAttributes(), default));
    }

    private async Task<byte[]> ExportAsync(VaultKey kek)
    {
        var request = new ExportRequest
        {
            RequestId = "bring",
            KeyLabel = "master",
            KekId = kek.Id,
            Kek = kek.PublicKey!,
            KekOperations = kek.Operations,
            ExpiresOn = TimeProvider.System.GetUtcNow().AddHours(1),
        };
        return (await _hsm.ExportMasterKeyAsync(request, default)).TransferBlob;
    }

    private AzureKeyVault Connect(string token)
    {
        var transport = new HttpClientTransport(new HttpClient(PinnedCertificate.CreateTransport(_endpoint.Certificate)));
        return new AzureKeyVault(_endpoint.Address, new GivenToken(token), AzureKeyVault.CreateClientOptions(_endpoint.Address, transport))
        {
            PollingInterval = TimeSpan.FromMilliseconds(10),
        };
    }

    private sealed class GivenToken(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
