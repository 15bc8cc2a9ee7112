using System.Collections.Concurrent;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Core.Transfer;

namespace Byok.Export.Tests;

/// <summary>A test double: master keys in this process' memory, wrapped as an HSM would. Counts what it is asked.</summary>
internal sealed class SoftwareHsm : IHsm, IDisposable
{
    // Making RSA keys is slow: those of one label and size are the same in all tests of the process.
    private static readonly ConcurrentDictionary<(string Label, int SizeInBits), RSAParameters> Made = new();
    private readonly Dictionary<string, RSA> _keys = new(StringComparer.Ordinal);

    public int Exports { get; private set; }

    public int Calls { get; private set; }

    public bool CanExport { get; set; } = true;

    public Exception? NextFailure { get; set; }

    public RSA Add(string label, int sizeInBits = 2048) => _keys[label] = RSA.Create(Made.GetOrAdd((label, sizeInBits), key =>
    {
        using var rsa = RSA.Create(key.SizeInBits);
        return rsa.ExportParameters(true);
    }));

    public Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        Calls++;
        return Task.FromResult(new HsmDescription("Test", "Software", "1.0", "test-token", "0001", CanExport, CanExport ? "It wraps rightly." : "It wraps wrongly."));
    }

    public Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken)
    {
        Calls++;
        return Task.FromResult<IReadOnlyList<MasterKey>>([.. _keys.Select(pair => Describe(pair.Key, pair.Value))]);
    }

    public Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken)
    {
        Calls++;
        var key = _keys.TryGetValue(label, out var existing) ? existing : Add(label, sizeInBits);
        return key.KeySize == sizeInBits ? Task.FromResult(Describe(label, key)) : throw new NameTakenException($"'{label}' exists with {key.KeySize} bits.");
    }

    public Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        Calls++;
        if (NextFailure is { } failure)
        {
            NextFailure = null;
            throw failure;
        }

        var key = _keys.GetValueOrDefault(request.KeyLabel) ?? throw new HsmKeyNotFoundException($"No key '{request.KeyLabel}'.");
        using var kek = RSA.Create(request.Kek.ToParameters());
        using var aes = Aes.Create();
        byte[] ciphertext = [.. kek.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA1), .. aes.EncryptKeyWrapPadded(key.ExportPkcs8PrivateKey())];
        Exports++;
        return Task.FromResult(new ExportedKey(
            TransferBlob.Create(request.KekId, ciphertext, "test double").ToUtf8Json(), RsaPublicKey.FromParameters(key.ExportParameters(false))));
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private static MasterKey Describe(string label, RSA key) => new(label, RsaPublicKey.FromParameters(key.ExportParameters(false)), true, true);
}
