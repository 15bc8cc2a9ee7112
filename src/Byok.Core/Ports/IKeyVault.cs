using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Ports;

/// <summary>
/// The vault that holds KEKs and wrapping keys: Azure Key Vault, Managed HSM, or the local token that plays it.
/// Every method throws <see cref="ServiceUnavailableException"/> when the vault does not answer or throttles beyond its own retries.
/// </summary>
public interface IKeyVault
{
    /// <summary>The vault's address: scheme, host and port.</summary>
    Uri VaultUri { get; }

    /// <summary>
    /// Creates a one-shot key exchange key: RSA-HSM, <c>key_ops</c> exactly <c>["import"]</c> (Azure "Bring your own key specification").
    /// </summary>
    /// <param name="name">The KEK's name. An existing name gets a new version.</param>
    /// <param name="sizeInBits">2048, 3072 or 4096.</param>
    /// <param name="attributes">Expiry and tags; operations are ignored.</param>
    Task<VaultKey> CreateKeyExchangeKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken);

    /// <summary>Imports a key from a BYOK transfer blob; an existing name gets a new version.</summary>
    /// <param name="name">Name of the key to import as.</param>
    /// <param name="transferBlob">The whole .byok file, UTF-8 JSON.</param>
    /// <param name="attributes">Operations, expiry and tags of the new version.</param>
    /// <exception cref="TransferBlobException">The blob is malformed or does not unwrap under its KEK.</exception>
    /// <exception cref="KeyUnavailableException">The KEK is missing, disabled or expired.</exception>
    Task<VaultKey> ImportKeyAsync(string name, ReadOnlyMemory<byte> transferBlob, KeyAttributes attributes, CancellationToken cancellationToken);

    /// <summary>Reads one version of a key; the newest when <paramref name="version"/> is null.</summary>
    /// <exception cref="KeyNotFoundInVaultException">No such key or version.</exception>
    Task<VaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellationToken);

    /// <summary>Lists the keys, each by its newest version, in the order of their names. Public parts may be null.</summary>
    IAsyncEnumerable<VaultKey> ListKeysAsync(CancellationToken cancellationToken);

    /// <summary>Lists the versions of a key, oldest first. Public parts may be null; ends at once for an unknown key.</summary>
    IAsyncEnumerable<VaultKey> ListKeyVersionsAsync(string name, CancellationToken cancellationToken);

    /// <summary>Changes attributes of one version; null properties stay as they are.</summary>
    /// <exception cref="KeyNotFoundInVaultException">No such key or version.</exception>
    Task<VaultKey> UpdateKeyAsync(KeyIdentifier id, KeyAttributes attributes, CancellationToken cancellationToken);

    /// <summary>Deletes a key with all its versions; it stays recoverable. Returns when the deletion is complete.</summary>
    /// <exception cref="KeyNotFoundInVaultException">No such key.</exception>
    Task<DeletedVaultKey> DeleteKeyAsync(string name, CancellationToken cancellationToken);

    /// <summary>Lists deleted keys that can still be recovered.</summary>
    IAsyncEnumerable<DeletedVaultKey> ListDeletedKeysAsync(CancellationToken cancellationToken);

    /// <summary>Recovers a deleted key with all its versions. Returns when it is usable again.</summary>
    /// <exception cref="KeyNotFoundInVaultException">No such deleted key.</exception>
    Task<VaultKey> RecoverDeletedKeyAsync(string name, CancellationToken cancellationToken);

    /// <summary>Destroys a deleted key for good.</summary>
    /// <exception cref="KeyNotFoundInVaultException">No such deleted key.</exception>
    /// <exception cref="VaultException">Purge protection forbids it.</exception>
    Task PurgeDeletedKeyAsync(string name, CancellationToken cancellationToken);

    /// <summary>Unwraps with the private part inside the vault, RSA-OAEP-256 (RFC 7518, 4.3). The caller zeroes the result.</summary>
    /// <exception cref="KeyUnavailableException">The version is missing, disabled, deleted, or does not allow unwrapping.</exception>
    /// <exception cref="IntegrityException">The wrapped key does not unwrap under this version.</exception>
    Task<byte[]> UnwrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> wrappedKey, CancellationToken cancellationToken);
}
