using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Testing;

/// <summary>A test double of the HSM: RSA keys in memory, exported wrapped (RSA-OAEP and AES-KWP) in a form that <see cref="InMemoryVault"/> imports.</summary>
public sealed class InMemoryHsm : IHsm, IDisposable
{
    private readonly ConcurrentDictionary<string, RSA> _keys = new(StringComparer.Ordinal);

    public Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new HsmDescription("test", "in memory", "1", "onprem", "1", true, "passed"));

    /// <summary>Runs before the keys are listed; may throw.</summary>
    public Action? OnList { get; set; }

    public Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken)
    {
        OnList?.Invoke();
        return Task.FromResult<IReadOnlyList<MasterKey>>(
            [.. _keys.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new MasterKey(pair.Key, PublicKeyOf(pair.Value), true, true))]);
    }

    public Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken) =>
        Task.FromResult(new MasterKey(label, PublicKeyOf(_keys.GetOrAdd(label, _ => RSA.Create(sizeInBits))), true, true));

    public Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        if (!_keys.TryGetValue(request.KeyLabel, out var key))
        {
            throw new HsmKeyNotFoundException($"No master key '{request.KeyLabel}'.");
        }

        using var kek = RSA.Create(request.Kek.ToParameters());
        using var aes = Aes.Create();
        var transfer = new Transfer(
            request.KekId.ToString(), kek.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA1), aes.EncryptKeyWrapPadded(key.ExportPkcs8PrivateKey()));
        return Task.FromResult(new ExportedKey(JsonSerializer.SerializeToUtf8Bytes(transfer), PublicKeyOf(key)));
    }

    /// <summary>Loses a master key.</summary>
    public void Remove(string label) => _keys.TryRemove(label, out _);

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private static RsaPublicKey PublicKeyOf(RSA key) => RsaPublicKey.FromParameters(key.ExportParameters(false));

    /// <summary>What this double exports in place of a .byok file.</summary>
    public sealed record Transfer(string Kid, byte[] WrappedAes, byte[] WrappedKey);
}
