using System.Buffers.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pkcs11.Tokens;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Export;

/// <summary>Wraps a private key of a token to a KEK. The ephemeral AES key and the target stay in the token.</summary>
internal static class KeyExport
{
    /// <summary>Refuses a KEK that would not protect the key: RSA sizes other than Key Vault's, and keys that are not sound.</summary>
    /// <exception cref="HsmKekRejectedException">The KEK is not fit.</exception>
    internal static void RequireFitKek(RsaPublicKey kek)
    {
        if (kek.SizeInBits is not (2048 or 3072 or 4096))
        {
            throw new HsmKekRejectedException($"The KEK has {kek.SizeInBits} bits; Key Vault's KEKs have 2048, 3072 or 4096. Create it anew.");
        }

        if (!kek.IsSound)
        {
            throw new HsmKekRejectedException("The KEK's public exponent is not odd and between 65537 and 2^32, or its modulus is even; it is not a sound RSA key.");
        }
    }

    /// <summary>The transfer ciphertext of a target: wrapped AES key, then wrapped target.</summary>
    /// <param name="kek">The KEK, checked before.</param>
    /// <param name="action">What is done, for failures.</param>
    /// <exception cref="HsmException">The token refused.</exception>
    internal static byte[] Wrap(TokenSession session, IObjectHandle target, RsaPublicKey kek, ExportMechanism mechanism, string action)
    {
        IObjectHandle? kekObject = null;
        IObjectHandle? ephemeral = null;
        try
        {
            kekObject = session.Create(
                new ObjectTemplate
                {
                    { CKA.CKA_CLASS, CKO.CKO_PUBLIC_KEY },
                    { CKA.CKA_KEY_TYPE, CKK.CKK_RSA },
                    { CKA.CKA_TOKEN, false },
                    { CKA.CKA_WRAP, true },
                    { CKA.CKA_MODULUS, Base64Url.DecodeFromChars(kek.N) },
                    { CKA.CKA_PUBLIC_EXPONENT, Base64Url.DecodeFromChars(kek.E) },
                },
                action);
            if (mechanism.KeyWrapMechanism is not { } keyWrap)
            {
                return RequireShape(session.Wrap(Mechanism.RsaAesKeyWrap(), kekObject, target, action), kek, action);
            }

            ephemeral = session.GenerateKey(
                Mechanism.Plain(CKM.CKM_AES_KEY_GEN),
                new ObjectTemplate
                {
                    { CKA.CKA_CLASS, CKO.CKO_SECRET_KEY },
                    { CKA.CKA_KEY_TYPE, CKK.CKK_AES },
                    { CKA.CKA_VALUE_LEN, 32UL },
                    { CKA.CKA_TOKEN, false },
                    { CKA.CKA_PRIVATE, true },
                    { CKA.CKA_SENSITIVE, true },
                    { CKA.CKA_EXTRACTABLE, true },
                    { CKA.CKA_WRAP, true },
                    { CKA.CKA_ENCRYPT, false },
                    { CKA.CKA_DECRYPT, false },
                    { CKA.CKA_UNWRAP, false },
                },
                action);
            var wrappedTarget = session.Wrap(Mechanism.Plain(keyWrap), ephemeral, target, action);
            var wrappedKey = session.Wrap(Mechanism.RsaOaepSha1(), kekObject, ephemeral, action);
            return RequireShape([.. wrappedKey, .. wrappedTarget], kek, action);
        }
        finally
        {
            session.Discard(ephemeral, kekObject);
        }
    }

    private static byte[] RequireShape(byte[] ciphertext, RsaPublicKey kek, string action)
    {
        var wrappedTargetLength = ciphertext.Length - (kek.SizeInBits / 8);
        return wrappedTargetLength >= 16 && wrappedTargetLength % 8 == 0
            ? ciphertext
            : throw new HsmException($"{action} failed: the token gave {ciphertext.Length} bytes, which is not a transfer ciphertext; ask the HSM's vendor.");
    }
}
