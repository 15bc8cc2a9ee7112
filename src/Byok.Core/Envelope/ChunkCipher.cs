using System.Buffers.Binary;
using System.Security.Cryptography;
using Byok.Core.Errors;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>
/// Seals and opens the chunks of one blob (docs/FORMAT.md, section 5). Holds no key and allocates nothing per chunk but the cipher
/// object, of which each chunk gets its own: <see cref="AesGcm"/> is not thread-safe, this class is.
/// </summary>
public sealed class ChunkCipher
{
    private readonly BlobId _blobId;
    private readonly BlobLayout _layout;
    private readonly RandomSource _random;

    /// <summary>Creates the cipher of a blob.</summary>
    public ChunkCipher(BlobId blobId, BlobLayout layout) : this(blobId, layout, RandomSources.System)
    {
    }

    internal ChunkCipher(BlobId blobId, BlobLayout layout, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(layout);
        _blobId = blobId;
        _layout = layout;
        _random = random;
    }

    /// <summary>Seals a chunk under a fresh BEK, which is drawn here. Sealing it again draws another.</summary>
    /// <param name="index">The chunk's index.</param>
    /// <param name="plaintext">The chunk, of exactly its length in the layout.</param>
    /// <param name="stored">Receives ciphertext and tag, exactly 16 bytes longer; may start at the same byte as <paramref name="plaintext"/>.</param>
    /// <param name="bek">Receives the BEK, 32 bytes. It goes into the BEK table and nowhere else.</param>
    /// <exception cref="ArgumentException">A span has another length, or the two overlap shifted.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public void Seal(long index, ReadOnlySpan<byte> plaintext, Span<byte> stored, Span<byte> bek)
    {
        CheckSpans(index, plaintext, stored, bek);
        Span<byte> nonce = stackalloc byte[NonceSizeInBytes];
        Span<byte> associatedData = stackalloc byte[AssociatedData.ChunkLength];
        WriteNonce(nonce, index);
        AssociatedData.WriteChunk(associatedData, _blobId, _layout, index);
        _random(bek);
        using var aes = new AesGcm(bek, TagSizeInBytes);
        aes.Encrypt(nonce, plaintext, stored[..plaintext.Length], stored[plaintext.Length..], associatedData);
    }

    /// <summary>Seals a chunk in place: the buffer holds the plaintext, then room for the 16 bytes of the tag.</summary>
    /// <inheritdoc cref="Seal(long, ReadOnlySpan{byte}, Span{byte}, Span{byte})"/>
    public void Seal(long index, Span<byte> buffer, Span<byte> bek) =>
        Seal(index, buffer[..Math.Min(_layout.ChunkLength(index), buffer.Length)], buffer, bek);

    /// <summary>Opens a chunk. On failure nothing of the plaintext is left in the destination.</summary>
    /// <param name="index">The chunk's index.</param>
    /// <param name="stored">Ciphertext and tag, of exactly their length in the layout.</param>
    /// <param name="bek">The chunk's BEK, 32 bytes.</param>
    /// <param name="plaintext">Receives the chunk, exactly 16 bytes shorter; may start at the same byte as <paramref name="stored"/>.</param>
    /// <exception cref="IntegrityException">The tag does not verify: chunk, its place, or its BEK is not the one that was sealed.</exception>
    /// <exception cref="ArgumentException">A span has another length, or the two overlap shifted.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public void Open(long index, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> bek, Span<byte> plaintext)
    {
        CheckSpans(index, plaintext, stored, bek);
        Span<byte> nonce = stackalloc byte[NonceSizeInBytes];
        Span<byte> associatedData = stackalloc byte[AssociatedData.ChunkLength];
        WriteNonce(nonce, index);
        AssociatedData.WriteChunk(associatedData, _blobId, _layout, index);
        using var aes = new AesGcm(bek, TagSizeInBytes);
        try
        {
            aes.Decrypt(nonce, stored[..plaintext.Length], stored[plaintext.Length..], plaintext, associatedData);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            throw new IntegrityException($"Chunk {index} of blob {_blobId} was altered, moved, or belongs to another blob.", exception);
        }
    }

    // A BEK seals one chunk once, so the index is a nonce that cannot repeat under it.
    private static void WriteNonce(Span<byte> nonce, long index)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[4..], index);
    }

    private void CheckSpans(long index, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> bek)
    {
        var length = _layout.ChunkLength(index);
        if (plaintext.Length != length || stored.Length != length + TagSizeInBytes || bek.Length != KeySizeInBytes)
        {
            throw new ArgumentException(
                $"Chunk {index} has {length} bytes of plaintext, {length + TagSizeInBytes} stored and a BEK of {KeySizeInBytes}, " +
                $"not {plaintext.Length}, {stored.Length} and {bek.Length}.");
        }

        if (plaintext.Overlaps(stored, out var offset) && offset != 0)
        {
            throw new ArgumentException("Plaintext and stored chunk overlap shifted; they may only start at the same byte.");
        }
    }
}
