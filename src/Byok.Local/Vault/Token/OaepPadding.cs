using System.Security.Cryptography;

namespace Byok.Local.Vault.Token;

/// <summary>
/// Removes RSA-OAEP padding with SHA-256 and MGF1-SHA-256, empty label (RFC 8017, 7.1.2, step 3), for tokens whose own OAEP knows SHA-1 only.
/// Whether a block is refused, and why, must not show in the time it takes (Manger's attack): all checks are gathered without a branch, and
/// one outcome leaves.
/// </summary>
internal static class OaepPadding
{
    private const int HashSize = SHA256.HashSizeInBytes;

    /// <summary>Removes the padding.</summary>
    /// <param name="block">The decrypted block, as long as the modulus. It is overwritten.</param>
    /// <param name="message">The message; the caller zeroes it. Empty when refused.</param>
    /// <returns>Whether the padding was right.</returns>
    internal static bool TryRemove(Span<byte> block, out byte[] message)
    {
        message = [];
        if (block.Length < (2 * HashSize) + 2)
        {
            return false;
        }

        var seed = block.Slice(1, HashSize);
        var data = block[(1 + HashSize)..];
        Unmask(seed, data);
        Unmask(data, seed);

        Span<byte> labelHash = stackalloc byte[HashSize];
        SHA256.HashData([], labelHash);
        var wrong = (int)block[0];
        for (var i = 0; i < HashSize; i++)
        {
            wrong |= data[i] ^ labelHash[i];
        }

        // The first nonzero byte after the hash must be 1; its place is found without leaving the loop.
        var searching = -1;
        var start = 0;
        for (var i = HashSize; i < data.Length; i++)
        {
            var isZero = IsZero(data[i]);
            var isOne = IsZero(data[i] ^ 1);
            start |= (i + 1) & searching & isOne;
            wrong |= searching & ~isZero & ~isOne;
            searching &= isZero;
        }

        wrong |= searching;
        if (wrong != 0)
        {
            return false;
        }

        message = data[start..].ToArray();
        return true;
    }

    /// <summary>All ones for zero, zero for any other value of a byte.</summary>
    private static int IsZero(int value) => (value - 1) >> 31;

    /// <summary>XORs MGF1-SHA-256 of a seed over a target (RFC 8017, B.2.1).</summary>
    private static void Unmask(Span<byte> target, ReadOnlySpan<byte> seed)
    {
        Span<byte> mask = stackalloc byte[HashSize];
        var input = new byte[seed.Length + 4];
        seed.CopyTo(input);
        for (var (offset, counter) = (0, 0); offset < target.Length; offset += HashSize, counter++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(seed.Length), counter);
            SHA256.HashData(input, mask);
            var part = target[offset..Math.Min(offset + HashSize, target.Length)];
            for (var i = 0; i < part.Length; i++)
            {
                part[i] ^= mask[i];
            }
        }

        CryptographicOperations.ZeroMemory(input);
        CryptographicOperations.ZeroMemory(mask);
    }
}
