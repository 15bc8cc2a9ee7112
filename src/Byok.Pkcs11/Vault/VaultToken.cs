using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pkcs11.Export;
using Byok.Pkcs11.Tokens;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Vault;

/// <summary>
/// A token that plays a vault's HSM: makes KEKs, unwraps transfer ciphertexts, decrypts and signs. Keys are known by <c>CKA_ID</c>, which is the
/// key version's bytes. No private key leaves it.
/// </summary>
/// <param name="token">The token; stays the caller's.</param>
/// <param name="objectLabel">The <c>CKA_LABEL</c> of every object that this makes. What has another label is neither seen nor touched, so several vaults can share a token.</param>
public sealed class VaultToken(Pkcs11Token token, string objectLabel)
{
    private string Name => token.Description.Label;

    /// <summary>Generates a KEK: it unwraps, and nothing else.</summary>
    /// <param name="id">Its <c>CKA_ID</c>.</param>
    /// <param name="sizeInBits">2048, 3072 or 4096.</param>
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
    /// <returns>The public part.</returns>
    /// <exception cref="HsmException">The token refused.</exception>
    public Task<RsaPublicKey> GenerateKeyExchangeKeyAsync(byte[] id, int sizeInBits, CancellationToken cancellationToken) =>
        GenerateAsync(sizeInBits, () => RsaTemplates.KeyExchangeKey(objectLabel, id), id, cancellationToken);

    /// <summary>Generates an ordinary RSA key: it decrypts and signs.</summary>
    /// <param name="id">Its <c>CKA_ID</c>.</param>
    /// <param name="sizeInBits">2048, 3072 or 4096.</param>
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
    /// <returns>The public part.</returns>
    /// <exception cref="HsmException">The token refused.</exception>
    public Task<RsaPublicKey> GenerateKeyAsync(byte[] id, int sizeInBits, CancellationToken cancellationToken) =>
        GenerateAsync(sizeInBits, () => RsaTemplates.VaultKey(objectLabel, id), id, cancellationToken);

    /// <summary>
    /// Unwraps a transfer ciphertext into the token as a key that cannot leave again. The new key is proved (type, size, attributes, private part
    /// belongs to public part); what fails is destroyed at once.
    /// </summary>
    /// <param name="kekId">The KEK's <c>CKA_ID</c>.</param>
    /// <param name="ciphertext">Wrapped AES key, then wrapped PKCS#8. Zero bytes behind the PKCS#8 are tolerated (SoftHSM 2.6 adds them).</param>
    /// <param name="id">The new key's <c>CKA_ID</c>.</param>
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
    /// <returns>The public part.</returns>
    /// <exception cref="HsmKeyNotFoundException">The token holds no such KEK.</exception>
    /// <exception cref="TransferBlobException">The ciphertext does not unwrap under the KEK, or holds no RSA key of 2048, 3072 or 4096 bits.</exception>
    public async Task<RsaPublicKey> ImportKeyAsync(byte[] kekId, byte[] ciphertext, byte[] id, CancellationToken cancellationToken)
    {
        var keyWrap = await FindKeyWrapAsync(cancellationToken).ConfigureAwait(false);
        return await token.RunAsync(session => Import(session, kekId, ciphertext, id, keyWrap), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Decrypts RSA-OAEP with SHA-256 (RSA-OAEP-256 of RFC 7518): RSA in the token, padding here.</summary>
    /// <param name="id">The key's <c>CKA_ID</c>.</param>
    /// <param name="ciphertext">The ciphertext.</param>
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
    /// <returns>The plaintext; the caller zeroes it.</returns>
    /// <exception cref="HsmKeyNotFoundException">No such key.</exception>
    /// <exception cref="IntegrityException">The ciphertext was not made for this key, or was altered.</exception>
    public Task<byte[]> DecryptOaepSha256Async(byte[] id, byte[] ciphertext, CancellationToken cancellationToken) =>
        token.RunAsync(session => DecryptOaepSha256(session, FindPrivate(session, id), ciphertext), cancellationToken);

    /// <summary>Signs a digest, RSA-PSS (PS256 ...) or PKCS#1 v1.5 (RS256 ...) of RFC 7518.</summary>
    /// <param name="id">The key's <c>CKA_ID</c>.</param>
    /// <param name="hash">SHA-256, SHA-384 or SHA-512.</param>
    /// <param name="padding">PSS or PKCS#1.</param>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
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
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
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
    /// <param name="cancellationToken">Cancels the wait for a session.</param>
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
                var (publicHandle, privateHandle) = session.GenerateKeyPair(
                    Mechanism.Plain(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN), RsaTemplates.PublicKey(sizeInBits, persistent: false, objectLabel, id), privateKey(), action);
                session.Discard(publicHandle);
                return session.ReadPublicKey(privateHandle, action);
            },
            cancellationToken);
    }

    private RsaPublicKey Import(TokenSession session, byte[] kekId, byte[] ciphertext, byte[] id, ulong keyWrap)
    {
        var action = $"Unwrapping a transfer blob in the token '{Name}'";
        var kek = FindPrivate(session, kekId);
        var kekLength = session.ReadPublicKey(kek, action).SizeInBits / 8;
        if (ciphertext.Length < kekLength + 16)
        {
            throw new TransferBlobException($"The transfer blob's ciphertext has {ciphertext.Length} bytes; under this KEK it has more than {kekLength + 16}.");
        }

        IObjectHandle? ephemeral = null;
        IObjectHandle? imported = null;
        var proved = false;
        try
        {
            ephemeral = UnwrapEphemeral(session, kek, ciphertext[..kekLength], action);
            imported = Unwrap(
                () => session.Unwrap(Mechanism.Plain(keyWrap), ephemeral, ciphertext[kekLength..], ImportedKeyTemplate(id), action),
                "its second part (AES-KWP) does not unwrap: the blob was altered, or holds no RSA key in PKCS#8");
            var publicKey = Prove(session, imported, action);
            proved = true;
            return publicKey;
        }
        finally
        {
            session.Discard(ephemeral, proved ? null : imported);
        }
    }

    private static IObjectHandle UnwrapEphemeral(TokenSession session, IObjectHandle kek, byte[] wrapped, string action)
    {
        var ephemeral = Unwrap(
            () => session.Unwrap(
                Mechanism.RsaOaepSha1(),
                kek,
                wrapped,
                new ObjectTemplate
                {
                    { CKA.CKA_CLASS, CKO.CKO_SECRET_KEY },
                    { CKA.CKA_KEY_TYPE, CKK.CKK_AES },
                    { CKA.CKA_TOKEN, false },
                    { CKA.CKA_PRIVATE, true },
                    { CKA.CKA_SENSITIVE, true },
                    { CKA.CKA_EXTRACTABLE, false },
                    { CKA.CKA_UNWRAP, true },
                },
                action),
            "its first part (RSA-OAEP) does not unwrap: the blob was altered, or made for another KEK");

        // SoftHSM says 0 for every unwrapped key; there AES-128 and AES-192 pass too, other lengths fail in the second step.
        if (session.ReadNumber(ephemeral, CKA.CKA_VALUE_LEN, action) is { } length and not (0 or 32))
        {
            session.Discard(ephemeral);
            throw new TransferBlobException($"The transfer blob does not unwrap under its KEK: the AES key has {length} bytes instead of 32.");
        }

        return ephemeral;
    }

    private ObjectTemplate ImportedKeyTemplate(byte[] id)
    {
        var template = RsaTemplates.VaultKey(objectLabel, id);
        template.Add(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY);
        template.Add(CKA.CKA_KEY_TYPE, CKK.CKK_RSA);
        return template;
    }

    /// <summary>Some modules accept what they should not, so the new object is looked at rather than believed.</summary>
    private static RsaPublicKey Prove(TokenSession session, IObjectHandle key, string action)
    {
        if (session.ReadNumber(key, CKA.CKA_KEY_TYPE, action) != (ulong)CKK.CKK_RSA || session.ReadBytes(key, CKA.CKA_MODULUS, action) is not { Length: > 0 })
        {
            throw new TransferBlobException("The transfer blob holds no RSA key.");
        }

        var publicKey = session.ReadPublicKey(key, action);
        if (publicKey.SizeInBits is not (2048 or 3072 or 4096))
        {
            throw new TransferBlobException($"The transfer blob holds an RSA key of {publicKey.SizeInBits} bits; 2048, 3072 and 4096 can be imported.");
        }

        if (!session.ReadBool(key, CKA.CKA_SENSITIVE, action) || session.ReadBool(key, CKA.CKA_EXTRACTABLE, action))
        {
            throw new HsmException($"{action} failed: the token did not mark the new key as sensitive and not extractable.");
        }

        var probe = RandomNumberGenerator.GetBytes(32);
        byte[] opened = [];
        try
        {
            using var rsa = RSA.Create(publicKey.ToParameters());
            opened = DecryptOaepSha256(session, key, rsa.Encrypt(probe, RSAEncryptionPadding.OaepSHA256));
            return CryptographicOperations.FixedTimeEquals(probe, opened)
                ? publicKey
                : throw new TransferBlobException("The transfer blob holds an RSA key whose private part does not belong to its public part.");
        }
        catch (Exception exception) when (exception is IntegrityException or CryptographicException or HsmException)
        {
            throw new TransferBlobException("The transfer blob holds an RSA key whose private part does not belong to its public part.", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
        }
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

    private static IObjectHandle Unwrap(Func<IObjectHandle> unwrap, string fault)
    {
        try
        {
            return unwrap();
        }
        catch (HsmException exception) when (IsBadInput(exception))
        {
            throw new TransferBlobException($"The transfer blob does not unwrap under its KEK: {fault}.", exception);
        }
    }

    /// <summary>Codes by which modules say that the data is wrong; SoftHSM says <c>CKR_GENERAL_ERROR</c> for most of it.</summary>
    private static bool IsBadInput(HsmException exception) => exception.ReturnValue is
        nameof(CKR.CKR_GENERAL_ERROR) or nameof(CKR.CKR_FUNCTION_FAILED) or nameof(CKR.CKR_ARGUMENTS_BAD)
        or nameof(CKR.CKR_WRAPPED_KEY_INVALID) or nameof(CKR.CKR_WRAPPED_KEY_LEN_RANGE) or nameof(CKR.CKR_ENCRYPTED_DATA_INVALID)
        or nameof(CKR.CKR_ENCRYPTED_DATA_LEN_RANGE) or nameof(CKR.CKR_DATA_INVALID) or nameof(CKR.CKR_DATA_LEN_RANGE)
        or nameof(CKR.CKR_ATTRIBUTE_VALUE_INVALID) or nameof(CKR.CKR_TEMPLATE_INCONSISTENT) or nameof(CKR.CKR_TEMPLATE_INCOMPLETE)
        or nameof(CKR.CKR_KEY_SIZE_RANGE) or nameof(CKR.CKR_DEVICE_ERROR);

    private IObjectHandle FindPrivate(TokenSession session, byte[] id)
    {
        var found = session.Find(
            new ObjectTemplate { { CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY }, { CKA.CKA_TOKEN, true }, { CKA.CKA_LABEL, objectLabel }, { CKA.CKA_ID, id } },
            $"Finding a key in the token '{Name}'");
        return found.Count == 1
            ? found[0]
            : throw new HsmKeyNotFoundException($"The token '{Name}' holds {found.Count} private keys with CKA_ID {Convert.ToHexStringLower(id)}, not one.");
    }

    private async Task<ulong> FindKeyWrapAsync(CancellationToken cancellationToken)
    {
        var test = await WrapSelfTest.OnceAsync(token, null, cancellationToken).ConfigureAwait(false);
        return test.Mechanism?.KeyWrapMechanism
            ?? throw new HsmMechanismMissingException($"The token '{Name}' cannot import keys in the transfer format. {test.Verdict}");
    }
}
