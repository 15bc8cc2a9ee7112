using Net.Pkcs11Interop.Common;

namespace Byok.Pkcs11.Tokens;

/// <summary>The attributes of the RSA keys that are made in tokens.</summary>
internal static class RsaTemplates
{
    private static readonly byte[] PublicExponent = [1, 0, 1];

    /// <summary>The public half of a pair.</summary>
    internal static ObjectTemplate PublicKey(int sizeInBits, bool persistent, string label, byte[] id) => new()
    {
        { CKA.CKA_TOKEN, persistent },
        { CKA.CKA_LABEL, label },
        { CKA.CKA_ID, id },
        { CKA.CKA_ENCRYPT, true },
        { CKA.CKA_VERIFY, true },
        { CKA.CKA_WRAP, true },
        { CKA.CKA_MODULUS_BITS, (ulong)sizeInBits },
        { CKA.CKA_PUBLIC_EXPONENT, PublicExponent },
    };

    /// <summary>A master key: may leave the token, but only wrapped; decrypts DEKs beside the HSM in an emergency, signs nothing.</summary>
    internal static ObjectTemplate MasterKey(bool persistent, string label, byte[] id) => Private(persistent, label, id, extractable: true, decrypt: true, sign: false, unwrap: false);

    /// <summary>A KEK of the vault: unwraps, and nothing else; never leaves.</summary>
    internal static ObjectTemplate KeyExchangeKey(string label, byte[] id) => Private(persistent: true, label, id, extractable: false, decrypt: false, sign: false, unwrap: true);

    /// <summary>An ordinary key of the vault: never leaves.</summary>
    internal static ObjectTemplate VaultKey(string label, byte[] id) => Private(persistent: true, label, id, extractable: false, decrypt: true, sign: true, unwrap: false);

    private static ObjectTemplate Private(bool persistent, string label, byte[] id, bool extractable, bool decrypt, bool sign, bool unwrap) => new()
    {
        { CKA.CKA_TOKEN, persistent },
        { CKA.CKA_PRIVATE, true },
        { CKA.CKA_SENSITIVE, true },
        { CKA.CKA_EXTRACTABLE, extractable },
        { CKA.CKA_LABEL, label },
        { CKA.CKA_ID, id },
        { CKA.CKA_DECRYPT, decrypt },
        { CKA.CKA_SIGN, sign },
        { CKA.CKA_UNWRAP, unwrap },
    };
}
