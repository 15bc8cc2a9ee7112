using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Local.Vault;

/// <content>What keys are used for. Private parts work in the token, public parts here.</content>
public sealed partial class LocalVault
{
    public Task<byte[]> UnwrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> wrappedKey, CancellationToken cancellationToken) =>
        DecryptAsync(id, KeyOperations.UnwrapKey, wrappedKey, cancellationToken);

    /// <summary>Decrypts RSA-OAEP-256. The caller zeroes the result.</summary>
    /// <exception cref="KeyUnavailableException">The version is missing, disabled, deleted, or does not allow decrypting.</exception>
    /// <exception cref="IntegrityException">The ciphertext does not decrypt under this version.</exception>
    public Task<byte[]> DecryptAsync(KeyIdentifier id, ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken) =>
        DecryptAsync(id, KeyOperations.Decrypt, ciphertext, cancellationToken);

    /// <summary>Wraps a key, RSA-OAEP-256.</summary>
    /// <exception cref="KeyUnavailableException">The version is missing, disabled, deleted, out of its validity, or does not allow wrapping.</exception>
    /// <exception cref="ArgumentException">The key is too long for this wrapping key.</exception>
    public Task<byte[]> WrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        EncryptAsync(id, KeyOperations.WrapKey, key, cancellationToken);

    /// <summary>Encrypts, RSA-OAEP-256.</summary>
    /// <exception cref="KeyUnavailableException">The version is missing, disabled, deleted, out of its validity, or does not allow encrypting.</exception>
    /// <exception cref="ArgumentException">The plaintext is too long for this key.</exception>
    public Task<byte[]> EncryptAsync(KeyIdentifier id, ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken) =>
        EncryptAsync(id, KeyOperations.Encrypt, plaintext, cancellationToken);

    /// <summary>Signs a digest.</summary>
    /// <param name="id">The key version.</param>
    /// <param name="algorithm">RS256, RS384, RS512, PS256, PS384 or PS512 (RFC 7518, 3.1).</param>
    /// <param name="digest">The digest, as long as the algorithm's hash.</param>
    /// <exception cref="KeyUnavailableException">The version is missing, disabled, deleted, out of its validity, or does not allow signing.</exception>
    public async Task<byte[]> SignAsync(KeyIdentifier id, string algorithm, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        var (hash, padding) = Signature(algorithm);
        var key = RequireUsable(id, KeyOperations.Sign, mustBeValidNow: true);
        return await InTokenAsync(id, () => _token.SignAsync(key.TokenId, hash, padding, digest.ToArray(), cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Verifies a signature over a digest.</summary>
    /// <param name="id">The key version.</param>
    /// <param name="algorithm">RS256, RS384, RS512, PS256, PS384 or PS512 (RFC 7518, 3.1).</param>
    /// <exception cref="KeyUnavailableException">The version is missing, disabled, deleted, or does not allow verifying.</exception>
    public Task<bool> VerifyAsync(
        KeyIdentifier id, string algorithm, ReadOnlyMemory<byte> digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (hash, padding) = Signature(algorithm);
        using var rsa = RSA.Create(RequireUsable(id, KeyOperations.Verify, mustBeValidNow: false).PublicKey.ToParameters());
        return Task.FromResult(rsa.VerifyHash(digest.Span, signature.Span, hash, padding));
    }

    private async Task<byte[]> DecryptAsync(KeyIdentifier id, string operation, ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken)
    {
        var key = RequireUsable(id, operation, mustBeValidNow: false);
        return await InTokenAsync(id, () => _token.DecryptOaepSha256Async(key.TokenId, ciphertext.ToArray(), cancellationToken)).ConfigureAwait(false);
    }

    private Task<byte[]> EncryptAsync(KeyIdentifier id, string operation, ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var publicKey = RequireUsable(id, operation, mustBeValidNow: true).PublicKey;
        var longest = (publicKey.SizeInBits / 8) - (2 * SHA256.HashSizeInBytes) - 2;
        if (plaintext.Length > longest)
        {
            throw new ArgumentException($"{id} wraps at most {longest} bytes, not {plaintext.Length}.", nameof(plaintext));
        }

        using var rsa = RSA.Create(publicKey.ToParameters());
        return Task.FromResult(rsa.Encrypt(plaintext.Span, RSAEncryptionPadding.OaepSHA256));
    }

    /// <summary>
    /// The version, when it may do this. Outside <c>nbf</c> and <c>exp</c> a key still unwraps, decrypts and verifies, as in Key Vault: expiry is no revocation.
    /// </summary>
    private StoredVersion RequireUsable(KeyIdentifier id, string operation, bool mustBeValidNow)
    {
        ArgumentNullException.ThrowIfNull(id);
        var key = id.Vault == VaultUri && _database.Read(connection => connection.Find(id.Name, id.Version)) is { DeletedOn: null } found
            ? found
            : throw new KeyUnavailableException($"The key {id} is not in the vault {VaultUri.Host}, or is deleted; recover it, or bring it again.");
        if (!key.Enabled)
        {
            throw new KeyUnavailableException($"The key {id} is disabled; enable it again if it is to be used.");
        }

        if (!key.Operations.Contains(operation))
        {
            throw new KeyUnavailableException($"The key {id} does not allow '{operation}', only [{string.Join(", ", key.Operations)}].");
        }

        if (mustBeValidNow && (key.NotBefore > Now || key.ExpiresOn <= Now))
        {
            throw new KeyUnavailableException($"The key {id} is expired or not valid yet, so it does not {operation}.");
        }

        return key;
    }

    private static async Task<T> InTokenAsync<T>(KeyIdentifier id, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (HsmKeyNotFoundException exception)
        {
            throw new KeyUnavailableException($"The private part of {id} is not in the vault's token; was the token's folder replaced?", exception);
        }
    }

    private static (HashAlgorithmName Hash, RSASignaturePadding Padding) Signature(string algorithm) => algorithm switch
    {
        "RS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "RS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        "RS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        "PS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        "PS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        "PS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
        _ => throw new ArgumentException($"'{algorithm}' is not a signature algorithm of RSA keys: RS256, RS384, RS512, PS256, PS384, PS512.", nameof(algorithm)),
    };
}
