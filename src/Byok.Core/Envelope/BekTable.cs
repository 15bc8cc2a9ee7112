using System.Security.Cryptography;
using Byok.Core.Errors;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>Seals and opens segments of a blob's table of BEKs (docs/FORMAT.md, section 6). Thread-safe.</summary>
public static class BekTable
{
    /// <summary>Seals a segment under a random nonce.</summary>
    /// <param name="keys">The blob's keys.</param>
    /// <param name="layout">The blob's layout.</param>
    /// <param name="beks">The BEKs of all its chunks in order, 32 bytes each.</param>
    /// <returns>Nonce, ciphertext and tag: <see cref="BlobLayout.SealedSegmentLength"/> bytes.</returns>
    /// <exception cref="ArgumentException">The BEKs are not as many as the segment has chunks.</exception>
    public static byte[] SealSegment(BlobKeys keys, BlobLayout layout, int segment, ReadOnlySpan<byte> beks) =>
        SealSegment(keys, layout, segment, beks, RandomSources.System);

    /// <summary>Opens a segment.</summary>
    /// <param name="keys">The blob's keys.</param>
    /// <param name="layout">The blob's layout.</param>
    /// <param name="sealedSegment">Nonce, ciphertext and tag: <see cref="BlobLayout.SealedSegmentLength"/> bytes.</param>
    /// <param name="beks">Receives the BEKs in order, 32 bytes for each chunk of the segment. The caller zeroes them.</param>
    /// <exception cref="IntegrityException">The tag does not verify.</exception>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static void OpenSegment(BlobKeys keys, BlobLayout layout, int segment, ReadOnlySpan<byte> sealedSegment, Span<byte> beks)
    {
        CheckSpans(keys, layout, segment, sealedSegment.Length, beks.Length);
        Span<byte> associatedData = stackalloc byte[AssociatedData.SegmentLength];
        AssociatedData.WriteSegment(associatedData, keys.BlobId, layout, segment);
        using var aes = new AesGcm(keys.TableKey, TagSizeInBytes);
        try
        {
            aes.Decrypt(
                sealedSegment[..NonceSizeInBytes], sealedSegment[NonceSizeInBytes..^TagSizeInBytes], sealedSegment[^TagSizeInBytes..], beks, associatedData);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            CryptographicOperations.ZeroMemory(beks);
            throw new IntegrityException(
                $"Segment {segment} of the BEK table of blob {keys.BlobId} was altered, moved, or belongs to another blob.", exception);
        }
    }

    internal static byte[] SealSegment(BlobKeys keys, BlobLayout layout, int segment, ReadOnlySpan<byte> beks, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(layout);
        var sealedSegment = new byte[layout.SealedSegmentLength(segment)];
        CheckSpans(keys, layout, segment, sealedSegment.Length, beks.Length);
        Span<byte> associatedData = stackalloc byte[AssociatedData.SegmentLength];
        AssociatedData.WriteSegment(associatedData, keys.BlobId, layout, segment);
        var nonce = sealedSegment.AsSpan(0, NonceSizeInBytes);
        random(nonce);
        using var aes = new AesGcm(keys.TableKey, TagSizeInBytes);
        aes.Encrypt(nonce, beks, sealedSegment.AsSpan(NonceSizeInBytes, beks.Length), sealedSegment.AsSpan(^TagSizeInBytes..), associatedData);
        return sealedSegment;
    }

    private static void CheckSpans(BlobKeys keys, BlobLayout layout, int segment, int sealedLength, int beksLength)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(layout);
        var expected = layout.SealedSegmentLength(segment);
        if (sealedLength != expected || beksLength != expected - SegmentOverheadInBytes)
        {
            throw new ArgumentException(
                $"Segment {segment} has {expected} bytes sealed and {expected - SegmentOverheadInBytes} of BEKs, not {sealedLength} and {beksLength}.");
        }
    }
}
