using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pkcs11.Tokens;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Local.Vault.Token;

/// <summary>
/// A token that plays a vault's HSM: makes KEKs, unwraps transfer ciphertexts, decrypts and signs. Keys are known by <c>CKA_ID</c>, which is the
/// key version's bytes. No private key leaves it.
/// </summary>
/// <param name="token">The token; stays the caller's.</param>
/// <param name="objectLabel">The <c>CKA_LABEL</c> of every object that this makes. What has another label is neither seen nor touched, so several vaults can share a token.</param>
public sealed partial class VaultToken(Pkcs11Token token, string objectLabel)
{
    /// <summary>The token's label.</summary>
    public string Name => token.Description.Label;

    /// <summary>The token's serial number.</summary>
    public string SerialNumber => token.Description.SerialNumber;

    /// <summary>Generates a KEK: it unwraps, and nothing else.</summary>
    /// <param name="id">Its <c>CKA_ID</c>.</param>
    /// <param name="sizeInBits">2048, 3072 or 4096.</param>
    /// <returns>The public part.</returns>
    /// <exception cref="HsmException">The token refused.</exception>
    public Task<RsaPublicKey> GenerateKeyExchangeKeyAsync(byte[] id, int sizeInBits, CancellationToken cancellationToken) =>
        GenerateAsync(sizeInBits, () => RsaTemplates.KeyExchangeKey(objectLabel, id), id, cancellationToken);

    /// <summary>Generates an ordinary RSA key: it decrypts and signs.</summary>
    /// <param name="id">Its <c>CKA_ID</c>.</param>
    /// <param name="sizeInBits">2048, 3072 or 4096.</param>
    /// <returns>The public part.</returns>
    /// <exception cref="HsmException">The token refused.</exception>
    public Task<RsaPublicKey> GenerateKeyAsync(byte[] id, int sizeInBits, CancellationToken cancellationToken) =>
        GenerateAsync(sizeInBits, () => RsaTemplates.VaultKey(objectLabel, id), id, cancellationToken);

    /// <summary>Decrypts RSA-OAEP with SHA-256 (RSA-OAEP-256 of RFC 7518): RSA in the token, padding here.</summary>
    /// <param name="id">The key's <c>CKA_ID</c>.</param>
    /// <returns>The plaintext; the caller zeroes it.</returns>
    /// <exception cref="HsmKeyNotFoundException">No such key.</exception>
    /// <exception cref="IntegrityException">The ciphertext was not made for this key, or was altered.</exception>
    public Task<byte[]> DecryptOaepSha256Async(byte[] id, byte[] ciphertext, CancellationToken cancellationToken) =>
        token.RunAsync(session => DecryptOaepSha256(session, FindPrivate(session, id), ciphertext), cancellationToken);

    /// <summary>Signs a digest, RSA-PSS (PS256 ...) or PKCS#1 v1.5 (RS256 ...) of RFC 7518.</summary>
    /// <param name="id">The key's <c>CKA_ID</c>.</param>
    /// <param name="hash">SHA-256, SHA-384 or SHA-512.</param>
    /// <param name="padding">PSS or PKCS#1.</param>
    /// <exception cref="HsmKeyNotFoundException">No such key.</exception>
    public Task<byte[]> SignAsync(byte[] id, HashAlgorithmName hash, RSASignaturePadding padding, byte[] digest, CancellationToken cancellationToken)
    {
        var scheme = SignatureScheme.For(hash);
        ArgumentNullException.ThrowIfNull(padding);
        ArgumentNullException.ThrowIfNull(digest);
        ArgumentOutOfRangeException.ThrowIfNotEqual(digest.Length, scheme.DigestLength, nameof(digest));
        return token.RunAsync(
            session =>
            {
                var key = FindPrivate(session, id);
                var action = $"Signing in the token '{Name}'";
                return padding == RSASignaturePadding.Pss
                    ? session.Sign(Mechanism.RsaPss(scheme.Hash, scheme.Mask, scheme.DigestLength), key, digest, action)
                    : session.Sign(Mechanism.Plain(CKM.CKM_RSA_PKCS), key, [.. scheme.DigestInfoPrefix, .. digest], action);
            },
            cancellationToken);
    }

    /// <summary>Destroys a key for good, both halves; does nothing when it is gone.</summary>
    /// <param name="id">The key's <c>CKA_ID</c>.</param>
    public Task DestroyAsync(byte[] id, CancellationToken cancellationToken) =>
        token.RunAsync(
            session =>
            {
                var action = $"Destroying a key in the token '{Name}'";
                foreach (var handle in session.Find(new ObjectTemplate { { CKA.CKA_TOKEN, true }, { CKA.CKA_LABEL, objectLabel }, { CKA.CKA_ID, id } }, action))
                {
                    session.Destroy(handle, action);
                }

                return true;
            },
            cancellationToken);

    /// <summary>The <c>CKA_ID</c>s, in lower-case hex, of all objects that this made.</summary>
    public Task<IReadOnlySet<string>> ListIdsAsync(CancellationToken cancellationToken) =>
        token.RunAsync<IReadOnlySet<string>>(
            session =>
            {
                var action = $"Listing the keys of the token '{Name}'";
                return session.Find(new ObjectTemplate { { CKA.CKA_TOKEN, true }, { CKA.CKA_LABEL, objectLabel } }, action)
                    .Select(handle => Convert.ToHexStringLower(session.ReadBytes(handle, CKA.CKA_ID, action) ?? []))
                    .ToHashSet(StringComparer.Ordinal);
            },
            cancellationToken);

    private Task<RsaPublicKey> GenerateAsync(int sizeInBits, Func<ObjectTemplate> privateKey, byte[] id, CancellationToken cancellationToken)
    {
        if (sizeInBits is not (2048 or 3072 or 4096))
        {
            throw new ArgumentOutOfRangeException(nameof(sizeInBits), sizeInBits, "An RSA key has 2048, 3072 or 4096 bits.");
        }

        return token.RunAsync(
            session =>
            {
                var action = $"Generating a key in the token '{Name}'";
                Refresh(session, id, action);
                var (publicHandle, privateHandle) = session.GenerateKeyPair(
                    Mechanism.Plain(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN), RsaTemplates.PublicKey(sizeInBits, persistent: false, objectLabel, id), privateKey(), action);
                session.Discard(publicHandle);
                return session.ReadPublicKey(privateHandle, action);
            },
            cancellationToken);
    }

    private static byte[] DecryptOaepSha256(TokenSession session, IObjectHandle key, byte[] ciphertext)
    {
        const string refused = "The wrapped key does not unwrap under this key version: it was altered, or wrapped by another key.";
        const string action = "Unwrapping";
        var length = session.ReadPublicKey(key, action).SizeInBits / 8;
        if (ciphertext.Length != length)
        {
            throw new IntegrityException(refused);
        }

        var block = new byte[length];
        byte[] decrypted = [];
        try
        {
            decrypted = session.Decrypt(Mechanism.Plain(CKM.CKM_RSA_X_509), key, ciphertext, action);
            if (decrypted.Length > length)
            {
                throw new HsmException($"{action} failed: the token gave {decrypted.Length} bytes for a modulus of {length}.");
            }

            // Some modules drop leading zeros.
            decrypted.CopyTo(block.AsSpan(length - decrypted.Length));
            return OaepPadding.TryRemove(block, out var message) ? message : throw new IntegrityException(refused);
        }
        catch (HsmException exception) when (IsBadInput(exception))
        {
            throw new IntegrityException(refused, exception); // A number not below the modulus.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(block);
            CryptographicOperations.ZeroMemory(decrypted);
        }
    }

    /// <summary>Codes by which modules say that the data is wrong; SoftHSM says <c>CKR_GENERAL_ERROR</c> for most of it.</summary>
    private static bool IsBadInput(HsmException exception) => exception.ReturnValue is
        nameof(CKR.CKR_GENERAL_ERROR) or nameof(CKR.CKR_FUNCTION_FAILED) or nameof(CKR.CKR_ARGUMENTS_BAD)
        or nameof(CKR.CKR_WRAPPED_KEY_INVALID) or nameof(CKR.CKR_WRAPPED_KEY_LEN_RANGE) or nameof(CKR.CKR_ENCRYPTED_DATA_INVALID)
        or nameof(CKR.CKR_ENCRYPTED_DATA_LEN_RANGE) or nameof(CKR.CKR_DATA_INVALID) or nameof(CKR.CKR_DATA_LEN_RANGE)
        or nameof(CKR.CKR_ATTRIBUTE_VALUE_INVALID) or nameof(CKR.CKR_TEMPLATE_INCONSISTENT) or nameof(CKR.CKR_TEMPLATE_INCOMPLETE)
        or nameof(CKR.CKR_KEY_SIZE_RANGE) or nameof(CKR.CKR_DEVICE_ERROR);

    /// <summary>
    /// A search before something is made. SoftHSM 2.6 takes what other processes have made since its last search for seen when it makes something itself,
    /// and would never find that.
    /// </summary>
    private static void Refresh(TokenSession session, byte[] id, string action) => session.Find(new ObjectTemplate { { CKA.CKA_ID, id } }, action);

    private IObjectHandle FindPrivate(TokenSession session, byte[] id)
    {
        var found = session.Find(
            new ObjectTemplate { { CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY }, { CKA.CKA_TOKEN, true }, { CKA.CKA_LABEL, objectLabel }, { CKA.CKA_ID, id } },
            $"Finding a key in the token '{Name}'");
        if (found.Count == 0)
        {
            throw new HsmKeyNotFoundException($"The token '{Name}' holds no private key with CKA_ID {Convert.ToHexStringLower(id)}.");
        }

        // SoftHSM may list one object twice, when it was made while another thread searched and another process made something too.
        const string action = "Comparing keys of one CKA_ID";
        return found.Count == 1 || found.Select(key => session.ReadPublicKey(key, action).Thumbprint).Distinct().Count() == 1
            ? found[0]
            : throw new HsmKeyNotFoundException($"The token '{Name}' holds {found.Count} private keys with CKA_ID {Convert.ToHexStringLower(id)}, not one.");
    }
}
