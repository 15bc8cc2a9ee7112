using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pkcs11.Vault;
using Byok.Testing.Tokens;

namespace Byok.Pkcs11.Tests;

public sealed class TransferBetweenTokensTests(SoftHsmFixture fixture) : IClassFixture<SoftHsmFixture>
{
    [Theory]
    [InlineData(2048, 2048)]
    [InlineData(3072, 2048)]
    [InlineData(4096, 2048)]
    [InlineData(2048, 3072)]
    [InlineData(2048, 4096)]
    [InlineData(4096, 4096)]
    public async Task ExportAndImport_TwoTokens_MasterKeyUnwrapsInTheOther(int masterSize, int kekSize)
    {
        var hsm = new Pkcs11Hsm(fixture.HsmToken, new Pkcs11HsmOptions(), TimeProvider.System);
        var vault = new VaultToken(fixture.VaultToken);
        var master = await hsm.GenerateMasterKeyAsync($"master-{masterSize}-{kekSize}", masterSize, default);
        var kekId = RandomNumberGenerator.GetBytes(16);
        var kek = await vault.GenerateKeyExchangeKeyAsync(kekId, kekSize, default);

        var exported = await hsm.ExportMasterKeyAsync(
            new ExportRequest
            {
                RequestId = Guid.NewGuid().ToString(),
                KeyLabel = master.Label,
                KekId = new KeyIdentifier(new Uri("https://v.vault.local"), "kek", Convert.ToHexStringLower(kekId)),
                Kek = kek,
                KekOperations = ["import"],
                ExpiresOn = DateTimeOffset.MaxValue,
            },
            default);
        var id = RandomNumberGenerator.GetBytes(16);
        using var json = JsonDocument.Parse(exported.TransferBlob);
        var ciphertext = System.Buffers.Text.Base64Url.DecodeFromChars(json.RootElement.GetProperty("ciphertext").GetString());
        var imported = await vault.ImportKeyAsync(kekId, ciphertext, id, default);

        Assert.Equal(master.PublicKey, imported);
        Assert.Equal(master.PublicKey, exported.PublicKey);
        var dek = RandomNumberGenerator.GetBytes(32);
        using var rsa = RSA.Create(imported.ToParameters());
        Assert.Equal(dek, await vault.DecryptOaepSha256Async(id, rsa.Encrypt(dek, RSAEncryptionPadding.OaepSHA256), default));
    }

    [Fact]
    public async Task Describe_SoftHsm_SaysWhatItPads()
    {
        var hsm = new Pkcs11Hsm(fixture.HsmToken, new Pkcs11HsmOptions(), TimeProvider.System);
        var description = await hsm.DescribeAsync(default);
        Assert.True(description.CanExport, description.Verdict);
        Assert.Contains("zero bytes", description.Verdict, StringComparison.Ordinal);
    }
}
