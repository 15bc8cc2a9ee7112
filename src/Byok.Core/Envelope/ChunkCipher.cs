using System.Security.Cryptography;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>
/// Seals and opens chunks (docs/FORMAT.md, section 5). A chunk does not say where it belongs: the table does, which holds its BEK.
/// Thread-safe; each chunk gets a cipher object of its own, because <see cref="AesGcm"/> is not.
/// </summary>
public static class ChunkCipher
{
    // A BEK seals one chunk once, so the nonce cannot repeat under it.
    private static ReadOnlySpan<byte> Nonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Seals a chunk under a fresh BEK, which is drawn here. Sealing it again draws another.</summary>
    /// <param name="plaintext">The chunk.</param>
    /// <param name="stored">Receives ciphertext and tag, exactly 16 bytes longer; may start at the same byte as <paramref name="plaintext"/>.</param>
    /// <param name="bek">Receives the BEK, 32 bytes. It goes into the BEK table and nowhere else.</param>
    /// <exception cref="ArgumentException">A span has another length, or the two overlap shifted.</exception>
    public static void Seal(ReadOnlySpan<byte> plaintext, Span<byte> stored, Span<byte> bek) => Seal(plaintext, stored, bek, RandomSources.System);

    /// <summary>Seals a chunk in place: the buffer holds the plaintext, then room for the 16 bytes of the tag.</summary>
    /// <inheritdoc cref="Seal(ReadOnlySpan{byte}, Span{byte}, Span{byte})"/>
    public static void Seal(Span<byte> buffer, Span<byte> bek) => Seal(buffer[..Math.Max(0, buffer.Length - TagSizeInBytes)], buffer, bek);

    /// <summary>Opens a chunk. On failure nothing of the plaintext is left in the destination.</summary>
    /// <param name="stored">Ciphertext and tag.</param>
    /// <param name="bek">The chunk's BEK, 32 bytes.</param>
    /// <param name="plaintext">Receives the chunk, exactly 16 bytes shorter; may start at the same byte as <paramref name="stored"/>.</param>
    /// <returns>False when the tag does not verify: this is not what was sealed under that BEK.</returns>
    /// <exception cref="ArgumentException">A span has another length, or the two overlap shifted.</exception>
    public static bool TryOpen(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> bek, Span<byte> plaintext)
    {
        CheckSpans(plaintext, stored, bek);
        using var aes = new AesGcm(bek, TagSizeInBytes);
        try
        {
            aes.Decrypt(Nonce, stored[..plaintext.Length], stored[plaintext.Length..], plaintext, AssociatedData.Chunk);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            return false;
        }
    }

    internal static void Seal(ReadOnlySpan<byte> plaintext, Span<byte> stored, Span<byte> bek, RandomSource random)
    {
        CheckSpans(plaintext, stored, bek);
        random(bek);
        using var aes = new AesGcm(bek, TagSizeInBytes);
        aes.Encrypt(Nonce, plaintext, stored[..plaintext.Length], stored[plaintext.Length..], AssociatedData.Chunk);
    }

    private static void CheckSpans(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> bek)
    {
        if (stored.Length != plaintext.Length + TagSizeInBytes || bek.Length != KeySizeInBytes)
        {
            throw new ArgumentException(
                $"A chunk of {plaintext.Length} bytes has {plaintext.Length + TagSizeInBytes} stored and a BEK of {KeySizeInBytes}, not {stored.Length} and {bek.Length}.");
        }

        if (plaintext.Overlaps(stored, out var offset) && offset != 0)
        {
            throw new ArgumentException("Plaintext and stored chunk overlap shifted; they may only start at the same byte.");
        }
    }
}
