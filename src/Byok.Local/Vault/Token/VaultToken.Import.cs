using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pkcs11.Export;
using Byok.Pkcs11.Tokens;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Local.Vault.Token;

/// <content>The import of a transfer ciphertext.</content>
public sealed partial class VaultToken
{
    /// <summary>
    /// Unwraps a transfer ciphertext into the token as a key that cannot leave again. The new key is proved (type, size, attributes, private part
    /// belongs to public part); what fails is destroyed at once.
    /// </summary>
    /// <param name="kekId">The KEK's <c>CKA_ID</c>.</param>
    /// <param name="ciphertext">Wrapped AES key, then wrapped PKCS#8. Zero bytes behind the PKCS#8 are tolerated (SoftHSM 2.6 adds them).</param>
    /// <param name="id">The new key's <c>CKA_ID</c>.</param>
    /// <returns>The public part.</returns>
    /// <exception cref="HsmKeyNotFoundException">The token holds no such KEK.</exception>
    /// <exception cref="TransferBlobException">The ciphertext does not unwrap under the KEK, or holds no RSA key of 2048, 3072 or 4096 bits.</exception>
    public async Task<RsaPublicKey> ImportKeyAsync(byte[] kekId, byte[] ciphertext, byte[] id, CancellationToken cancellationToken)
    {
        var keyWrap = await FindKeyWrapAsync(cancellationToken).ConfigureAwait(false);
        return await token.RunAsync(session => Import(session, kekId, ciphertext, id, keyWrap), cancellationToken).ConfigureAwait(false);
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

    private async Task<ulong> FindKeyWrapAsync(CancellationToken cancellationToken)
    {
        var test = await WrapSelfTest.OnceAsync(token, null, cancellationToken).ConfigureAwait(false);
        return test.Mechanism?.KeyWrapMechanism
            ?? throw new HsmMechanismMissingException($"The token '{Name}' cannot import keys in the transfer format. {test.Verdict}");
    }
}
