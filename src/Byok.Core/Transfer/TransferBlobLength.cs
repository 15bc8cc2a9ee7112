namespace Byok.Core.Transfer;

/// <summary>What the lengths of a transfer blob's halves may be.</summary>
internal static class TransferBlobLength
{
    private const int SmallestKekInBytes = 2048 / 8;

    /// <summary>RFC 5649: 8 bytes of integrity value and at least one block pair; shorter than that no key of 128 bits fits.</summary>
    private const int SmallestKwpInBytes = 24;

    // PKCS#8 of an RSA key is 9/16 of the modulus' bits in integers, plus 60 to 70 bytes of DER; short integers and large
    // exponents move it by some bytes. Measured with e = 65537: 1,215 to 1,219, 1,792 to 1,795, 2,373 to 2,375 bytes before wrapping.
    private static readonly (int SizeInBits, int Least, int Most)[] RsaTargets =
    [
        (2048, 1208, 1240),
        (3072, 1784, 1816),
        (4096, 2368, 2400),
    ];

    /// <summary>The KEK sizes that the specification allows, in bits.</summary>
    public static IReadOnlyList<int> KekSizesInBits { get; } = [2048, 3072, 4096];

    /// <summary>Whether some allowed KEK could have made a ciphertext of this length.</summary>
    public static bool IsPossible(int length) => length >= SmallestKekInBytes + SmallestKwpInBytes && length % 8 == 0;

    /// <summary>Checks the ciphertext's length when the KEK's size is not known.</summary>
    public static void CheckWhole(int length, TransferBlobFindings findings)
    {
        if (length < SmallestKekInBytes)
        {
            findings.Error(
                TransferBlobFault.OaepTooShort, $"The ciphertext has {length} bytes, less than the {SmallestKekInBytes} of the smallest KEK's OAEP half.");
        }
        else if (length % 8 != 0)
        {
            // Every allowed modulus is a multiple of 8 bytes, so the remainder is the KWP half's.
            findings.Error(TransferBlobFault.KwpNotMultipleOf8, $"The ciphertext has {length} bytes; what is behind the OAEP half is no multiple of 8.");
        }
        else if (length < SmallestKekInBytes + SmallestKwpInBytes)
        {
            findings.Error(
                TransferBlobFault.KwpTooShort, $"The ciphertext has {length} bytes; behind the OAEP half no room is left for a wrapped key.");
        }
    }

    /// <summary>Checks both halves against the KEK's size.</summary>
    /// <returns>Whether the halves can be told apart.</returns>
    public static bool CheckHalves(int length, int kekSizeInBits, TransferBlobFindings findings)
    {
        if (!KekSizesInBits.Contains(kekSizeInBits))
        {
            throw new ArgumentOutOfRangeException(nameof(kekSizeInBits), kekSizeInBits, "A KEK has 2048, 3072 or 4096 bits.");
        }

        var kwp = length - (kekSizeInBits / 8);
        if (kwp < 0)
        {
            findings.Error(
                TransferBlobFault.OaepTooShort, $"The ciphertext has {length} bytes, less than the {kekSizeInBits / 8} of this KEK's OAEP half.");
        }
        else if (kwp < SmallestKwpInBytes)
        {
            findings.Error(TransferBlobFault.KwpTooShort, $"The KWP half has {kwp} bytes, too few for a wrapped key.");
        }
        else
        {
            return true;
        }

        return false;
    }

    /// <summary>Checks the KWP half against the target's size.</summary>
    public static void CheckTarget(int kwp, int targetSizeInBits, TransferBlobFindings findings)
    {
        var target = RsaTargets.Single(candidate => candidate.SizeInBits == targetSizeInBits);
        var expected = $"an RSA-{targetSizeInBits} key in PKCS#8 takes {target.Least} to {target.Most}";
        if (kwp < target.Least)
        {
            findings.Error(TransferBlobFault.KwpImplausible, $"The KWP half has {kwp} bytes; {expected}.");
        }
        else if (kwp > target.Most)
        {
            findings.Error(TransferBlobFault.TrailingBytes, $"The KWP half has {kwp} bytes; {expected}: something trails it, or the key is another one.");
        }
    }

    /// <summary>Warns when no RSA key has this length wrapped: under a given KEK, or under any when the KEK's size is null.</summary>
    public static void CheckAnyTarget(int length, int? kekSizeInBits, TransferBlobFindings findings)
    {
        var keks = kekSizeInBits is { } size ? [size] : KekSizesInBits;
        var fits = keks.Any(kek => RsaTargets.Any(target => length - (kek / 8) >= target.Least && length - (kek / 8) <= target.Most));
        if (!fits)
        {
            var kek = kekSizeInBits is null ? "any KEK" : $"an RSA-{kekSizeInBits} KEK";
            findings.Warn(
                TransferBlobFault.KwpImplausible,
                $"The ciphertext has {length} bytes; no RSA-2048, 3072 or 4096 key has that length under {kek}: bytes are missing or trail, or it is no RSA key.");
        }
    }
}
