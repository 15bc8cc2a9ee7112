using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Local.Vault;
using Byok.Pkcs11;
using Byok.Testing.Tokens;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Local.Tests.Vault;

/// <summary>A vault with a database of its own on the fixture's token, the HSM beside it, and a clock to turn.</summary>
internal sealed class LocalVaultBench : IDisposable
{
    private readonly SoftHsmFixture _fixture;
    private readonly LocalVaultOptions _options;

    private LocalVaultBench(SoftHsmFixture fixture, LocalVaultOptions options)
    {
        _fixture = fixture;
        _options = options;
        Hsm = new Pkcs11Hsm(fixture.HsmToken, new Pkcs11HsmOptions(), Time);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public string Folder { get; } = Directory.CreateTempSubdirectory("byok-vault-").FullName;

    public string DatabaseFile => Path.Combine(Folder, "vault.db");

    public Pkcs11Hsm Hsm { get; }

    public LocalVault Vault { get; private set; } = null!;

    public static async Task<LocalVaultBench> OpenAsync(SoftHsmFixture fixture, LocalVaultOptions? options = null)
    {
        var bench = new LocalVaultBench(fixture, options ?? new LocalVaultOptions());
        bench.Vault = await bench.OpenAnotherAsync();
        return bench;
    }

    /// <summary>A second instance on the same state, as another process would have.</summary>
    public Task<LocalVault> OpenAnotherAsync() => LocalVault.OpenAsync(DatabaseFile, _fixture.VaultToken, _options, Time, default);

    public async Task RestartAsync()
    {
        Vault.Dispose();
        Vault = await OpenAnotherAsync();
    }

    public Task<VaultKey> CreateKekAsync(int size = 2048, TimeSpan? lifetime = null) =>
        Vault.CreateKeyExchangeKeyAsync($"kek-{Guid.NewGuid():N}", size, new KeyAttributes { ExpiresOn = Time.GetUtcNow() + (lifetime ?? TimeSpan.FromHours(1)) }, default);

    public async Task<ExportedKey> ExportAsync(VaultKey kek, int size = 2048)
    {
        var master = await Hsm.GenerateMasterKeyAsync($"master-{size}", size, default);
        return await Hsm.ExportMasterKeyAsync(
            new ExportRequest
            {
                RequestId = Guid.NewGuid().ToString(),
                KeyLabel = master.Label,
                KekId = kek.Id,
                Kek = kek.PublicKey!,
                KekOperations = kek.Operations,
                ExpiresOn = Time.GetUtcNow().AddHours(1),
            },
            default);
    }

    public async Task<VaultKey> BringAsync(string name, KeyAttributes? attributes = null)
    {
        var kek = await CreateKekAsync();
        return await Vault.ImportKeyAsync(name, (await ExportAsync(kek)).TransferBlob, attributes ?? new KeyAttributes { Operations = ["wrapKey", "unwrapKey"] }, default);
    }

    public static byte[] Wrap(VaultKey key, byte[] dek)
    {
        using var rsa = RSA.Create(key.PublicKey!.ToParameters());
        return rsa.Encrypt(dek, RSAEncryptionPadding.OaepSHA256);
    }

    /// <summary>A transfer blob with some part of its JSON or ciphertext changed.</summary>
    public static byte[] Alter(byte[] blob, Action<Dictionary<string, object?>, Dictionary<string, object?>> alter)
    {
        var root = JsonSerializer.Deserialize<Dictionary<string, object?>>(blob)!;
        var header = JsonSerializer.Deserialize<Dictionary<string, object?>>((JsonElement)root["header"]!)!;
        root["header"] = header;
        alter(root, header);
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }

    public static byte[] FlipCiphertext(byte[] blob, int place) => Alter(blob, (root, _) =>
    {
        var ciphertext = Base64Url.DecodeFromChars(((JsonElement)root["ciphertext"]!).GetString());
        ciphertext[place] ^= 0x08;
        root["ciphertext"] = Base64Url.EncodeToString(ciphertext);
    });

    public void Dispose()
    {
        Vault.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
