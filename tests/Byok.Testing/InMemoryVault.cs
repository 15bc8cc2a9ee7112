using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Ports;
using Byok.Core.Transfer;

namespace Byok.Testing;

/// <summary>
/// A test double of the vault for tests of what stands around it: RSA keys in memory. Wrapping, unwrapping and the import of
/// transfer blobs are real, and it counts unwraps.
/// </summary>
public sealed class InMemoryVault(TimeProvider? time = null) : IKeyVault, IKeyAttester, IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Version> _versions = [];
    private readonly Dictionary<string, (List<Version> Versions, DateTimeOffset On)> _deleted = [];
    private long _clock;
    private int _unwraps;

    /// <summary>Makes the material of new keys; a test that needs many stacks gives prepared ones.</summary>
    public Func<int, RSA> CreateRsa { get; set; } = RSA.Create;

    public Uri VaultUri { get; } = new("https://in-memory.vault.example");

    public int Unwraps => _unwraps;

    /// <summary>How long an unwrap is on its way; none unless set.</summary>
    public TimeSpan RoundTrip { get; set; }

    /// <summary>Runs before each unwrap; may throw, or let time pass.</summary>
    public Action<KeyIdentifier>? OnUnwrap { get; set; }

    /// <summary>Runs before a version's attributes change; may throw.</summary>
    public Action<KeyIdentifier, KeyAttributes>? OnUpdate { get; set; }

    /// <summary>Runs before an import is done; may throw.</summary>
    public Action<string>? OnImport { get; set; }

    /// <summary>Attests a key, as Managed HSM does; null for a vault that attests none.</summary>
    public Func<VaultKey, KeyAttestation?>? Attest { get; set; }

    /// <summary>What the vault says of deleted keys.</summary>
    public string RecoveryLevel { get; set; } = "Recoverable";

    /// <summary>Puts a version there as it is, for what no operation of the pipeline leaves behind.</summary>
    public void Replace(VaultKey key)
    {
        lock (_lock)
        {
            Find(key.Id.Name, key.Id.Version).Key = key;
        }
    }

    /// <summary>A key version as BringKey leaves it: verified and active.</summary>
    public VaultKey AddActiveKey(string name, int sizeInBits = 2048, RSA? material = null)
    {
        lock (_lock)
        {
            var tags = new Dictionary<string, string> { [KeyTags.State] = KeyTags.Active, [KeyTags.Purpose] = KeyTags.Wrapping, [KeyTags.Label] = name };
            return Add(name, material ?? CreateRsa(sizeInBits), ["wrapKey", "unwrapKey"], new KeyAttributes { ExpiresOn = Now().AddYears(100), Tags = tags });
        }
    }

    public Task<VaultKey> CreateKeyExchangeKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken) =>
        Task.FromResult(Add(name, CreateRsa(sizeInBits), ["import"], attributes));

    public Task<VaultKey> ImportKeyAsync(string name, ReadOnlyMemory<byte> transferBlob, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        var transfer = TransferBlob.Parse(transferBlob.Span);
        RSA kek;
        lock (_lock)
        {
            var version = Find(transfer.KekId.Name, transfer.KekId.Version);
            kek = version.Key.Enabled ? version.Rsa : throw new KeyUnavailableException($"{transfer.KekId} is disabled.");
        }

        using var aes = Aes.Create();
        var halves = transfer.Split(kek.KeySize);
        aes.Key = kek.Decrypt(halves.WrappedEphemeralKey.Span, RSAEncryptionPadding.OaepSHA1);
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(aes.DecryptKeyWrapPadded(halves.WrappedTargetKey.Span), out _);
        OnImport?.Invoke(name);
        return Task.FromResult(Add(name, rsa, attributes.Operations ?? [], attributes));
    }

    public Task<VaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(Find(name, version).Key);
        }
    }

    public async Task<KeyAttestation?> GetKeyAttestationAsync(KeyIdentifier id, CancellationToken cancellationToken) =>
        Attest?.Invoke(await GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false));

    public async IAsyncEnumerable<VaultKey> ListKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var group in Snapshot().GroupBy(version => version.Key.Id.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            await Task.Yield();
            yield return group.Last().Key;
        }
    }

    public async IAsyncEnumerable<VaultKey> ListKeyVersionsAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var version in Snapshot().Where(version => version.Key.Id.Name == name))
        {
            await Task.Yield();
            yield return version.Key;
        }
    }

    public Task<VaultKey> UpdateKeyAsync(KeyIdentifier id, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        OnUpdate?.Invoke(id, attributes);
        lock (_lock)
        {
            var version = Find(id.Name, id.Version);
            version.Key = version.Key with
            {
                Enabled = attributes.Enabled ?? version.Key.Enabled,
                ExpiresOn = attributes.ExpiresOn ?? version.Key.ExpiresOn,
                NotBefore = attributes.NotBefore ?? version.Key.NotBefore,
                Operations = attributes.Operations ?? version.Key.Operations,
                Tags = attributes.Tags ?? version.Key.Tags,
            };
            return Task.FromResult(version.Key);
        }
    }

    public Task<DeletedVaultKey> DeleteKeyAsync(string name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var newest = Find(name, null);
            var on = Now();
            _deleted[name] = (_versions.Where(version => version.Key.Id.Name == name).ToList(), on);
            _versions.RemoveAll(version => version.Key.Id.Name == name);
            return Task.FromResult(new DeletedVaultKey(newest.Key, on, on.AddDays(90)));
        }
    }

    public async IAsyncEnumerable<DeletedVaultKey> ListDeletedKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach (var (versions, on) in _deleted.Values)
        {
            yield return new DeletedVaultKey(versions[^1].Key, on, on.AddDays(90));
        }
    }

    public Task<VaultKey> RecoverDeletedKeyAsync(string name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_deleted.Remove(name, out var deleted))
            {
                throw new KeyNotFoundInVaultException($"No deleted key '{name}'.");
            }

            _versions.AddRange(deleted.Versions);
            return Task.FromResult(deleted.Versions[^1].Key);
        }
    }

    public Task PurgeDeletedKeyAsync(string name, CancellationToken cancellationToken) =>
        _deleted.Remove(name) ? Task.CompletedTask : throw new KeyNotFoundInVaultException($"No deleted key '{name}'.");

    public async Task<byte[]> UnwrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> wrappedKey, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _unwraps);
        await Task.Delay(RoundTrip, cancellationToken).ConfigureAwait(false);
        OnUnwrap?.Invoke(id);
        Version version;
        lock (_lock)
        {
            try
            {
                version = Find(id.Name, id.Version);
            }
            catch (KeyNotFoundInVaultException exception)
            {
                throw new KeyUnavailableException($"{id} is not in the vault.", exception);
            }
        }

        if (!version.Key.Enabled)
        {
            throw new KeyUnavailableException($"{id} is disabled.");
        }

        try
        {
            lock (version.Rsa)
            {
                return version.Rsa.Decrypt(wrappedKey.Span, RSAEncryptionPadding.OaepSHA256);
            }
        }
        catch (CryptographicException exception)
        {
            throw new IntegrityException("It does not unwrap.", exception);
        }
    }

    public void Dispose() => _versions.ForEach(version => version.Rsa.Dispose());

    private VaultKey Add(string name, RSA rsa, IReadOnlyList<string> operations, KeyAttributes attributes)
    {
        lock (_lock)
        {
            if (_deleted.ContainsKey(name))
            {
                throw new NameTakenException($"'{name}' is deleted but recoverable.");
            }

            var now = Now();
            var key = new VaultKey
            {
                Id = new KeyIdentifier(VaultUri, name, Guid.NewGuid().ToString("N")),
                PublicKey = RsaPublicKey.FromParameters(rsa.ExportParameters(false)),
                KeyType = "RSA-HSM",
                Operations = operations,
                Enabled = true,
                CreatedOn = now,
                UpdatedOn = now,
                ExpiresOn = attributes.ExpiresOn,
                RecoveryLevel = RecoveryLevel,
                RecoverableDays = 90,
                Tags = attributes.Tags ?? new Dictionary<string, string>(),
            };
            _versions.Add(new Version(key, rsa));
            return key;
        }
    }

    /// <summary>Never the same twice, so that versions have an order.</summary>
    private DateTimeOffset Now() => (time?.GetUtcNow() ?? DateTimeOffset.UnixEpoch).AddMilliseconds(++_clock);

    private List<Version> Snapshot()
    {
        lock (_lock)
        {
            return [.. _versions];
        }
    }

    private Version Find(string name, string? version) =>
        _versions.LastOrDefault(candidate => candidate.Key.Id.Name == name && (version is null || candidate.Key.Id.Version == version))
        ?? throw new KeyNotFoundInVaultException($"No key '{name}' {version}.");

    private sealed class Version(VaultKey key, RSA rsa)
    {
        public VaultKey Key { get; set; } = key;

        public RSA Rsa { get; } = rsa;
    }
}
