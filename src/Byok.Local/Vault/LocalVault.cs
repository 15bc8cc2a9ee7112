using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Core.Transfer;
using Byok.Local.Vault.Token;
using Byok.Pkcs11.Tokens;

namespace Byok.Local.Vault;

/// <summary>
/// A vault on one machine that behaves as Azure Key Vault does: a PKCS#11 token plays its HSM, a database holds what is not secret. Imports are
/// real: the KEK's private part never leaves the token, and the imported key is unwrapped there. Safe for many threads and several processes.
/// </summary>
/// <remarks>
/// Whatever is made in the token is made under the database's write lock and known to the database when the lock is released. So what the token
/// holds beyond that, after a process died, is an orphan; it is destroyed at the next start.
/// </remarks>
public sealed partial class LocalVault : IKeyVault, IDisposable
{
    private readonly VaultDatabase _database;
    private readonly VaultToken _token;
    private readonly LocalVaultOptions _options;
    private readonly TimeProvider _time;

    private LocalVault(VaultDatabase database, VaultToken token, LocalVaultOptions options, TimeProvider time)
    {
        _database = database;
        _token = token;
        _options = options;
        _time = time;
    }

    public Uri VaultUri => _options.VaultUri;

    /// <summary>Opens a vault; makes it when there is none. Purges what is due and clears up after a process that died.</summary>
    /// <param name="token">The token that plays the HSM; stays the caller's.</param>
    /// <param name="options">How the vault presents itself.</param>
    /// <exception cref="VaultException">The database cannot be opened.</exception>
    /// <exception cref="ConfigurationException">The token lacks keys that the database lists.</exception>
    /// <exception cref="HsmException">The token cannot be used.</exception>
    public static async Task<LocalVault> OpenAsync(
        string databaseFile, Pkcs11Token token, LocalVaultOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(databaseFile);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.RecoverableDays, 7, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.RecoverableDays, 90, nameof(options));
        var database = new VaultDatabase(databaseFile);
        try
        {
            var vault = new LocalVault(database, new VaultToken(token, $"byok-vault-{database.Id}"), options, time);
            await vault.ClearUpAsync(cancellationToken).ConfigureAwait(false);
            return vault;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public Task<VaultKey> CreateKeyExchangeKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken) =>
        AddVersionAsync(
            name, attributes, [KeyOperations.Import], (_, id) => _token.GenerateKeyExchangeKeyAsync(id, sizeInBits, cancellationToken), cancellationToken);

    /// <summary>Creates an ordinary RSA-HSM key that is born in the vault; an existing name gets a new version.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="sizeInBits">2048, 3072 or 4096.</param>
    /// <param name="attributes">Operations (default: all but <c>import</c>), validity and tags.</param>
    /// <exception cref="NameTakenException">A deleted key has this name.</exception>
    public Task<VaultKey> CreateKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken) =>
        AddVersionAsync(
            name, attributes, KeyOperations.Default, (_, id) => _token.GenerateKeyAsync(id, sizeInBits, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="NameTakenException">A deleted key has this name.</exception>
    public Task<VaultKey> ImportKeyAsync(string name, ReadOnlyMemory<byte> transferBlob, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        var blob = TransferBlob.Parse(transferBlob.Span);
        return AddVersionAsync(
            name,
            attributes,
            KeyOperations.Default,
            (find, id) => _token.ImportKeyAsync(RequireKek(find, blob.KekId).TokenId, blob.Ciphertext.ToArray(), id, cancellationToken),
            cancellationToken);
    }

    public Task<VaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellationToken) =>
        Task.FromResult(RequireAlive(_database.Read(connection => connection.Find(KeyName.Validate(name), version)), name, version).ToVaultKey(_options));

    public async IAsyncEnumerable<VaultKey> ListKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var version in _database.Read(connection => connection.ListNewest(deleted: false)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return version.ToVaultKey(_options);
        }
    }

    public async IAsyncEnumerable<VaultKey> ListKeyVersionsAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var version in _database.Read(connection => connection.ListVersions(name)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return version.ToVaultKey(_options);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="VaultException">The operations of a KEK cannot be changed.</exception>
    public Task<VaultKey> UpdateKeyAsync(KeyIdentifier id, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(attributes);
        return _database.WriteAsync(
            connection =>
            {
                var stored = RequireAlive(id.Vault == VaultUri ? connection.Find(id.Name, id.Version) : null, id.Name, id.Version);
                if (stored.IsKeyExchangeKey && attributes.Operations is not null and not [KeyOperations.Import])
                {
                    throw new VaultException($"{id} is a key exchange key; its operations stay [import].");
                }

                var updated = stored with
                {
                    Enabled = attributes.Enabled ?? stored.Enabled,
                    NotBefore = attributes.NotBefore ?? stored.NotBefore,
                    ExpiresOn = attributes.ExpiresOn ?? stored.ExpiresOn,
                    Operations = stored.IsKeyExchangeKey || attributes.Operations is null ? stored.Operations : KeyOperations.Validate(attributes.Operations),
                    Tags = attributes.Tags ?? stored.Tags,
                    UpdatedOn = Now,
                };
                connection.Update(updated);
                return Task.FromResult(updated.ToVaultKey(_options));
            },
            cancellationToken);
    }

    public void Dispose() => _database.Dispose();

    private DateTimeOffset Now => _time.GetUtcNow();

    private Task<VaultKey> AddVersionAsync(
        string name,
        KeyAttributes attributes,
        IReadOnlyList<string> operations,
        Func<Func<KeyIdentifier, StoredVersion?>, byte[], Task<RsaPublicKey>> makeInToken,
        CancellationToken cancellationToken)
    {
        KeyName.Validate(name);
        ArgumentNullException.ThrowIfNull(attributes);
        if (operations is not [KeyOperations.Import] && attributes.Operations is { } requested)
        {
            operations = KeyOperations.Validate(requested);
        }

        return _database.WriteAsync(
            async connection =>
            {
                if (connection.Find(name, null) is { DeletedOn: not null })
                {
                    throw new NameTakenException($"A deleted key '{name}' is still recoverable in {VaultUri.Host}; recover or purge it, or use another name.");
                }

                var id = RandomNumberGenerator.GetBytes(16);
                try
                {
                    var publicKey = await makeInToken(kek => connection.Find(kek.Name, kek.Version), id).ConfigureAwait(false);
                    var now = Now;
                    var version = new StoredVersion(
                        name, Convert.ToHexStringLower(id), publicKey, operations, attributes.Enabled ?? true, attributes.NotBefore, attributes.ExpiresOn,
                        now, now, attributes.Tags ?? new Dictionary<string, string>());
                    connection.Insert(version);
                    return connection.Find(name, version.Version)!.ToVaultKey(_options);
                }
                catch
                {
                    await TryDestroyAsync(id).ConfigureAwait(false);
                    throw;
                }
            },
            cancellationToken);
    }

    private StoredVersion RequireKek(Func<KeyIdentifier, StoredVersion?> find, KeyIdentifier kekId)
    {
        if (kekId.Vault != VaultUri)
        {
            throw new TransferBlobException($"The transfer blob was made for the KEK {kekId} of another vault; this is {VaultUri.Host}. Export again for a KEK of this vault.");
        }

        var kek = find(kekId) is { DeletedOn: null } found
            ? found
            : throw new KeyUnavailableException($"The KEK {kekId} is not in the vault, or is deleted; create a new KEK and export again.");
        if (!kek.IsKeyExchangeKey)
        {
            throw new TransferBlobException($"The transfer blob names {kekId}, which is not a key exchange key.");
        }

        if (!kek.Enabled || kek.NotBefore > Now || kek.ExpiresOn <= Now)
        {
            throw new KeyUnavailableException($"The KEK {kekId} is disabled, expired or not valid yet; create a new KEK and export again.");
        }

        return kek;
    }

    private StoredVersion RequireAlive(StoredVersion? stored, string name, string? version) => stored is { DeletedOn: null }
        ? stored
        : throw new KeyNotFoundInVaultException(
            version is null ? $"The vault {VaultUri.Host} holds no key '{name}'." : $"The vault {VaultUri.Host} holds no version '{version}' of a key '{name}'.");
}
