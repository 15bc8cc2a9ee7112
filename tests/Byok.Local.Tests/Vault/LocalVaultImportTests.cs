using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Testing.Tokens;

namespace Byok.Local.Tests.Vault;

public sealed class LocalVaultImportTests(SoftHsmFixture fixture) : IClassFixture<SoftHsmFixture>
{
    private static readonly KeyAttributes Wrapping = new() { Operations = ["wrapKey", "unwrapKey"] };

    [Theory]
    [InlineData(2048, 2048)]
    [InlineData(3072, 2048)]
    [InlineData(2048, 3072)]
    [InlineData(4096, 4096)]
    public async Task ImportKeyAsync_ExportedMasterKey_IsTheHsmsKeyAndUnwraps(int masterSize, int kekSize)
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var kek = await bench.CreateKekAsync(kekSize);
        var exported = await bench.ExportAsync(kek, masterSize);

        var key = await bench.Vault.ImportKeyAsync("customer", exported.TransferBlob, Wrapping, default);

        Assert.Equal(exported.PublicKey, key.PublicKey);
        Assert.True(key is { IsHsmProtected: true, Exportable: false, Enabled: true, RecoveryLevel: "Recoverable+Purgeable", RecoverableDays: 90 });
        Assert.Equal(["wrapKey", "unwrapKey"], key.Operations);
        var dek = RandomNumberGenerator.GetBytes(32);
        Assert.Equal(dek, await bench.Vault.UnwrapKeyAsync(key.Id, LocalVaultBench.Wrap(key, dek), default));
    }

    [Fact]
    public async Task CreateKeyExchangeKeyAsync_Kek_ImportsAndNothingElse()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var expiry = bench.Time.GetUtcNow().AddHours(1);
        var kek = await bench.Vault.CreateKeyExchangeKeyAsync(
            "kek", 2048, new KeyAttributes { ExpiresOn = expiry, Operations = ["unwrapKey"], Tags = new Dictionary<string, string> { ["a"] = "b" } }, default);

        Assert.Equal(["import"], kek.Operations);
        Assert.Equal(expiry, kek.ExpiresOn);
        Assert.Equal("b", kek.Tags["a"]);
        Assert.Equal("RSA-HSM", kek.KeyType);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.UnwrapKeyAsync(kek.Id, new byte[256], default));
        await Assert.ThrowsAsync<VaultException>(() => bench.Vault.UpdateKeyAsync(kek.Id, new KeyAttributes { Operations = ["import", "unwrapKey"] }, default));
        Assert.Equal(["import"], (await bench.Vault.UpdateKeyAsync(kek.Id, new KeyAttributes { Operations = ["import"], Enabled = false }, default)).Operations);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2047)]
    [InlineData(0)]
    public async Task CreateKeyExchangeKeyAsync_OtherSize_IsMisuse(int size)
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => bench.Vault.CreateKeyExchangeKeyAsync("kek", size, new KeyAttributes(), default));
    }

    [Fact]
    public async Task ImportKeyAsync_ExistingName_GetsANewVersion()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var first = await bench.BringAsync("customer");
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await bench.BringAsync("customer");

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(first.PublicKey, second.PublicKey);
        Assert.Equal([first.Id, second.Id], (await ToListAsync(bench.Vault.ListKeyVersionsAsync("customer", default))).Select(key => key.Id));
        Assert.Equal(second.Id, (await bench.Vault.GetKeyAsync("customer", null, default)).Id);
        Assert.Equal(first.Id, (await bench.Vault.GetKeyAsync("customer", first.Id.Version, default)).Id);
    }

    [Fact]
    public async Task ImportKeyAsync_KekThatIsNotUsable_IsUnavailable()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var disabled = await bench.CreateKekAsync();
        var deleted = await bench.CreateKekAsync();
        var expired = await bench.CreateKekAsync(lifetime: TimeSpan.FromMinutes(5));
        var notYet = await bench.CreateKekAsync();
        var blobs = new Dictionary<string, byte[]>();
        foreach (var kek in new[] { disabled, deleted, expired, notYet })
        {
            blobs.Add(kek.Id.Name, (await bench.ExportAsync(kek)).TransferBlob);
        }

        await bench.Vault.UpdateKeyAsync(disabled.Id, new KeyAttributes { Enabled = false }, default);
        await bench.Vault.DeleteKeyAsync(deleted.Id.Name, default);
        await bench.Vault.UpdateKeyAsync(notYet.Id, new KeyAttributes { NotBefore = bench.Time.GetUtcNow().AddMinutes(50) }, default);
        bench.Time.Advance(TimeSpan.FromMinutes(5));

        foreach (var blob in blobs.Values)
        {
            await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.ImportKeyAsync("customer", blob, Wrapping, default));
        }

        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => bench.Vault.GetKeyAsync("customer", null, default));
    }

    [Fact]
    public async Task ImportKeyAsync_KekOfAnotherVaultOrAnotherKek_IsRefused()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        using var other = await LocalVaultBench.OpenAsync(fixture, new() { VaultUri = new Uri("https://other.vault.local") });
        var foreign = await other.ExportAsync(await other.CreateKekAsync());
        var exported = await bench.ExportAsync(await bench.CreateKekAsync());
        var otherKek = await bench.CreateKekAsync();
        var ordinary = await bench.Vault.CreateKeyAsync("ordinary", 2048, new KeyAttributes(), default);

        await Assert.ThrowsAsync<TransferBlobException>(() => bench.Vault.ImportKeyAsync("customer", foreign.TransferBlob, Wrapping, default));
        foreach (var kid in new[] { otherKek.Id, ordinary.Id })
        {
            var altered = LocalVaultBench.Alter(exported.TransferBlob, (_, header) => header["kid"] = kid.ToString());
            await Assert.ThrowsAsync<TransferBlobException>(() => bench.Vault.ImportKeyAsync("customer", altered, Wrapping, default));
        }

        var unknown = new KeyIdentifier(bench.Vault.VaultUri, otherKek.Id.Name, new string('0', 32));
        var missing = LocalVaultBench.Alter(exported.TransferBlob, (_, header) => header["kid"] = unknown.ToString());
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.ImportKeyAsync("customer", missing, Wrapping, default));
    }

    [Fact]
    public async Task ImportKeyAsync_AlteredCiphertext_IsRefusedAndLeavesNothing()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var exported = await bench.ExportAsync(await bench.CreateKekAsync());

        foreach (var place in new[] { 0, 128, 255, 256, 263, 264, 700, 1400 })
        {
            await Assert.ThrowsAsync<TransferBlobException>(
                () => bench.Vault.ImportKeyAsync("customer", LocalVaultBench.FlipCiphertext(exported.TransferBlob, place), Wrapping, default));
        }

        Assert.DoesNotContain(await ToListAsync(bench.Vault.ListKeysAsync(default)), key => key.Id.Name == "customer");
        Assert.Equal("customer", (await bench.Vault.ImportKeyAsync("customer", exported.TransferBlob, Wrapping, default)).Id.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("not json")]
    [InlineData("""{"schema_version":"1.0.0","header":null,"ciphertext":"AAAA"}""")]
    [InlineData("""{"schema_version":"1.0.0","header":{"kid":"x","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"AAAA"}""")]
    public async Task ImportKeyAsync_NoTransferBlob_IsRefused(string text)
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        await Assert.ThrowsAsync<TransferBlobException>(() => bench.Vault.ImportKeyAsync("customer", Encoding.UTF8.GetBytes(text), Wrapping, default));
    }

    [Theory]
    [InlineData("enc", "A256GCM")]
    [InlineData("alg", "RSA-OAEP")]
    public async Task ImportKeyAsync_OtherHeader_IsRefused(string field, string value)
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var exported = await bench.ExportAsync(await bench.CreateKekAsync());
        var altered = LocalVaultBench.Alter(exported.TransferBlob, (_, header) => header[field] = value);
        await Assert.ThrowsAsync<TransferBlobException>(() => bench.Vault.ImportKeyAsync("customer", altered, Wrapping, default));
    }

    [Theory]
    [InlineData("import")]
    [InlineData("deriveKey")]
    public async Task ImportKeyAsync_ImpossibleOperation_IsMisuse(string operation)
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var exported = await bench.ExportAsync(await bench.CreateKekAsync());
        await Assert.ThrowsAsync<ArgumentException>(
            () => bench.Vault.ImportKeyAsync("customer", exported.TransferBlob, new KeyAttributes { Operations = [operation] }, default));
    }

    internal static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
