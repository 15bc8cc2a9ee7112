using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Core.Envelope;

/// <summary>Opens a blob's DEK for one use; who asks disposes of it. How long keys may be kept is decided behind it, and in one place.</summary>
/// <exception cref="KeyUnavailableException">The key cannot be used any more.</exception>
/// <exception cref="IntegrityException">The DEK does not open.</exception>
public delegate Task<DataEncryptionKey> DekOpener(CancellationToken cancellationToken);

/// <summary>
/// Reads chunks of an envelope whose header verified, small ones many at a time. It keeps no key: the DEK is opened for each read, so that a reader that stays open
/// ends with the key. Memory does not grow with the blob. Thread-safe.
/// </summary>
public sealed class EnvelopeReader
{
    /// <summary>How much of a table in the tail one read brings at most, unless the chunks of one read need more of it: 64 KiB.</summary>
    public const int TableReadSizeInBytes = 64 * 1024;

    private readonly DekOpener _openDek;
    private readonly IRangeSource _source;
    private readonly BekTableReader _beks;
    private readonly string _blobName;

    private EnvelopeReader(EnvelopeHeader header, BlobLayout layout, DekOpener openDek, IRangeSource source, string blobName)
    {
        Header = header;
        Layout = layout;
        _openDek = openDek;
        _source = source;
        _blobName = blobName;
        _beks = new BekTableReader(layout, header.InlineTable, source);
    }

    /// <summary>The header, verified.</summary>
    public EnvelopeHeader Header { get; }

    /// <summary>The blob's layout.</summary>
    public BlobLayout Layout { get; }

    /// <summary>Verifies header and stored length, and reads from then on.</summary>
    /// <param name="header">The parsed header.</param>
    /// <param name="dek">The opened DEK; the caller keeps and disposes it.</param>
    /// <param name="openDek">Opens the same DEK for each read.</param>
    /// <param name="source">The stored blob; the caller keeps it.</param>
    /// <param name="container">The container that was asked for.</param>
    /// <param name="blobName">The blob that was asked for.</param>
    /// <param name="allowRenamed">True when the user says that the blob was renamed or copied on purpose.</param>
    /// <exception cref="IntegrityException">Commitment, MAC, name or stored length is not what it must be.</exception>
    /// <exception cref="MalformedEnvelopeException">The header verifies, but it lays out no blob.</exception>
    public static EnvelopeReader Open(
        EnvelopeHeader header, DataEncryptionKey dek, DekOpener openDek, IRangeSource source, string container, string blobName, bool allowRenamed = false)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(dek);
        ArgumentNullException.ThrowIfNull(openDek);
        ArgumentNullException.ThrowIfNull(source);
        using var keys = dek.DeriveFor(header.BlobId);
        var layout = header.Verify(keys, container, blobName, allowRenamed);
        var length = layout.StoredLength(header.Placement);
        return source.Length == length
            ? new EnvelopeReader(header, layout, openDek, source, blobName)
            : throw new IntegrityException($"'{blobName}' holds {source.Length} bytes instead of {length}: it was {(source.Length < length ? "truncated" : "extended")}.");
    }

    /// <summary>Reads and opens one chunk, in place.</summary>
    /// <param name="index">The chunk's index.</param>
    /// <param name="buffer">At least <see cref="BlobLayout.StoredChunkLength"/> bytes, for the ciphertext on its way.</param>
    /// <returns>Length of the plaintext, which is at the start of the buffer.</returns>
    /// <exception cref="IntegrityException">The chunk or its table segment does not verify; the buffer then holds nothing of the plaintext.</exception>
    /// <exception cref="KeyUnavailableException">The key was taken away since the blob was opened.</exception>
    /// <exception cref="ArgumentException">The buffer is too short.</exception>
    public async ValueTask<int> ReadChunkAsync(long index, Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var stored = Layout.StoredChunkLength(index);
        return buffer.Length >= stored
            ? await ReadAsync(index, 1, buffer, cancellationToken).ConfigureAwait(false)
            : throw new ArgumentException($"Chunk {index} needs a buffer of {stored} bytes, not {buffer.Length}.", nameof(buffer));
    }

    /// <summary>
    /// Reads and opens consecutive chunks with one request, as many as are small enough to come together. Ends before a chunk that does not
    /// verify: what is before it counts, and whoever goes on there is told.
    /// </summary>
    /// <param name="first">The first chunk's index.</param>
    /// <param name="buffer">At least <see cref="BlobLayout.MaxReadLength"/> bytes, for the ciphertext on its way.</param>
    /// <returns>Length of the plaintext of at least one whole chunk, which is at the start of the buffer.</returns>
    /// <exception cref="IntegrityException">The first chunk or its table segment does not verify; the buffer then holds nothing of the plaintext.</exception>
    /// <exception cref="KeyUnavailableException">The key was taken away since the blob was opened.</exception>
    /// <exception cref="ArgumentException">The buffer is too short.</exception>
    public async ValueTask<int> ReadChunksAsync(long first, Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length < Layout.MaxReadLength)
        {
            throw new ArgumentException($"A read needs a buffer of {Layout.MaxReadLength} bytes, not {buffer.Length}.", nameof(buffer));
        }

        var count = (int)Math.Clamp(Layout.ChunkCount - first, 1, Layout.ChunksPerRead);
        return await ReadAsync(first, count, buffer, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<int> ReadAsync(long first, int count, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var stored = buffer[..Layout.StoredChunksLength(first, count)];
        var beks = GC.AllocateUninitializedArray<byte>(count * EnvelopeFormat.KeySizeInBytes, pinned: true);
        try
        {
            // The key comes last: nothing that takes its time lies between its opening and its use.
            var segments = await _beks.ReadAsync(first, count, cancellationToken).ConfigureAwait(false);
            await _source.ReadAsync(Layout.StoredOffset(first), stored, cancellationToken).ConfigureAwait(false);
            using var dek = await _openDek(cancellationToken).ConfigureAwait(false);
            using var keys = dek.DeriveFor(Header.BlobId);
            count = _beks.CopyBeks(keys, segments, first, beks);
            return Open(first, stored.Span, beks.AsSpan(0, count * EnvelopeFormat.KeySizeInBytes));
        }
        catch (IntegrityException exception)
        {
            throw new IntegrityException($"'{_blobName}' does not verify: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(beks);
        }
    }

    /// <summary>Opens chunks in place, and moves all but the first up to the one before: only small chunks come together, so little is moved.</summary>
    private int Open(long first, Span<byte> stored, ReadOnlySpan<byte> beks)
    {
        var length = 0;
        for (var (index, offset) = (first, 0); !beks.IsEmpty; index++, beks = beks[EnvelopeFormat.KeySizeInBytes..])
        {
            var chunk = stored.Slice(offset, Layout.StoredChunkLength(index));
            var plaintext = chunk[..^EnvelopeFormat.TagSizeInBytes];
            if (!ChunkCipher.TryOpen(chunk, beks[..EnvelopeFormat.KeySizeInBytes], plaintext))
            {
                return length > 0
                    ? length
                    : throw new IntegrityException($"Chunk {index} of blob {Header.BlobId} was altered, moved, or belongs to another blob.");
            }

            if (offset > 0)
            {
                plaintext.CopyTo(stored[length..]);
            }

            length += plaintext.Length;
            offset += chunk.Length;
        }

        return length;
    }
}
