using System.Collections.Concurrent;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Core.Transfer;

namespace Byok.Testing;

/// <summary>A test double of the HSM: RSA keys in memory, exported as a transfer blob.</summary>
public sealed class InMemoryHsm : IHsm, IDisposable
{
    private readonly ConcurrentDictionary<string, RSA> _keys = new(StringComparer.Ordinal);

    /// <summary>Makes the material of new keys.</summary>
    public Func<int, RSA> CreateRsa { get; set; } = RSA.Create;

    /// <summary>How often each request was exported.</summary>
    public ConcurrentDictionary<string, int> Exports { get; } = new(StringComparer.Ordinal);

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
        Task.FromResult(new MasterKey(label, PublicKeyOf(_keys.GetOrAdd(label, _ => CreateRsa(sizeInBits))), true, true));

    public Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        if (!_keys.TryGetValue(request.KeyLabel, out var key))
        {
            throw new HsmKeyNotFoundException($"No master key '{request.KeyLabel}'.");
        }

        Exports.AddOrUpdate(request.RequestId, 1, (_, count) => count + 1);
        using var kek = RSA.Create(request.Kek.ToParameters());
        using var aes = Aes.Create();
        byte[] ciphertext = [.. kek.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA1), .. aes.EncryptKeyWrapPadded(key.ExportPkcs8PrivateKey())];
        return Task.FromResult(new ExportedKey(TransferBlob.Create(request.KekId, ciphertext, "test double").ToUtf8Json(), PublicKeyOf(key)));
    }

    /// <summary>The private exponents, for tests that look for them where they must not be.</summary>
    public IReadOnlyList<byte[]> ExportPrivateParts() => [.. _keys.Values.Select(key => key.ExportParameters(true).D!)];

    /// <summary>Loses a master key.</summary>
    public void Put(string label, RSA key) => _keys[label] = key;

    public void Remove(string label) => _keys.TryRemove(label, out _);

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private static RsaPublicKey PublicKeyOf(RSA key) => RsaPublicKey.FromParameters(key.ExportParameters(false));
}
