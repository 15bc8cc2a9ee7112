using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;

namespace Byok.Local.Vault.Token;

/// <summary>What a token must be told for an RSA signature over a digest.</summary>
/// <param name="DigestLength">The digest's length in bytes.</param>
/// <param name="Hash">The hash as a mechanism.</param>
/// <param name="Mask">The mask generation function for PSS.</param>
/// <param name="DigestInfoPrefix">The DER bytes before the digest in PKCS#1 v1.5 (RFC 8017, 9.2, note 1).</param>
internal sealed record SignatureScheme(int DigestLength, CKM Hash, CKG Mask, byte[] DigestInfoPrefix)
{
    private static readonly SignatureScheme Sha256 = new(32, CKM.CKM_SHA256, CKG.CKG_MGF1_SHA256, Prefix(1, 32));
    private static readonly SignatureScheme Sha384 = new(48, CKM.CKM_SHA384, CKG.CKG_MGF1_SHA384, Prefix(2, 48));
    private static readonly SignatureScheme Sha512 = new(64, CKM.CKM_SHA512, CKG.CKG_MGF1_SHA512, Prefix(3, 64));

    /// <exception cref="ArgumentException">Another hash.</exception>
    internal static SignatureScheme For(HashAlgorithmName hash) => hash.Name switch
    {
        "SHA256" => Sha256,
        "SHA384" => Sha384,
        "SHA512" => Sha512,
        _ => throw new ArgumentException($"'{hash}' is not a hash for signatures: SHA256, SHA384 or SHA512.", nameof(hash)),
    };

    // SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.n, NULL }, OCTET STRING } up to the digest itself.
    private static byte[] Prefix(byte n, byte length) =>
        [0x30, (byte)(0x11 + length), 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, n, 0x05, 0x00, 0x04, length];
}
