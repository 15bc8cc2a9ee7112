using System.Numerics;
using System.Security.Cryptography;

namespace Byok.Core.Keys.Attestation;

/// <summary>
/// The signature at the end of a statement: RSA-2048 by the partition's key over everything before it. Firmware 3.x signs by RSASSA-PKCS1-v1_5 with SHA-256
/// (RFC 8017, 8.2), 2.x pads the bare hash in the same way. What the signature must decrypt to is built whole and compared whole (RFC 8017, 8.2.2): looking at
/// the last 32 bytes alone would let a signature be forged for a small exponent.
/// </summary>
internal static class AttestationSignature
{
    /// <summary>Length of the signature.</summary>
    public const int SizeInBytes = 256;

    // DER of DigestInfo for SHA-256, up to the hash (RFC 8017, 9.2, note 1).
    private static ReadOnlySpan<byte> Sha256DigestInfo =>
        [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

    /// <summary>Whether a statement was signed by a key.</summary>
    public static bool IsBy(RSAParameters key, ReadOnlySpan<byte> statement)
    {
        if (statement.Length <= SizeInBytes || key.Modulus is not { Length: SizeInBytes })
        {
            return false;
        }

        var modulus = Unsigned(key.Modulus);
        var exponent = Unsigned(key.Exponent);
        var signature = Unsigned(statement[^SizeInBytes..]);
        if (signature >= modulus || exponent < 3)
        {
            return false;
        }

        var decrypted = BigInteger.ModPow(signature, exponent, modulus).ToByteArray(isUnsigned: true, isBigEndian: true);
        var encoded = new byte[SizeInBytes];
        decrypted.CopyTo(encoded.AsSpan(SizeInBytes - decrypted.Length));
        var hash = SHA256.HashData(statement[..^SizeInBytes]);
        return encoded.AsSpan().SequenceEqual(Pad([.. Sha256DigestInfo, .. hash])) || encoded.AsSpan().SequenceEqual(Pad(hash));
    }

    private static byte[] Pad(ReadOnlySpan<byte> content)
    {
        var encoded = new byte[SizeInBytes];
        encoded.AsSpan(2..^(content.Length + 1)).Fill(0xFF);
        encoded[1] = 1;
        content.CopyTo(encoded.AsSpan(SizeInBytes - content.Length));
        return encoded;
    }

    private static BigInteger Unsigned(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
