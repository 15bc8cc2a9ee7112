using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.MoveBlobs;
using Byok.Storage;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Writes the new envelope that was planned for a protected blob, out of the old one.</summary>
public sealed class BlobReencryptor(StorageAccount storage, ProtectedBlobReader reader, ProtectedBlobWriter writer, BlobRewrapper rewrapper, BlobRecords records)
{
    /// <summary>Encrypts one segment anew: each chunk is opened with its old BEK and sealed under a fresh one in the same buffer, and staged.</summary>
    /// <exception cref="ConcurrentWriteException">The blob was written meanwhile.</exception>
    public async Task<SegmentResult> ReencryptSegmentAsync(EnvelopePlan plan, int segment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        await using var blob = await reader.OpenAsync(plan.BlobName, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
        return blob.ETag.ToString() == plan.TargetETag
            ? await writer.WriteSegmentAsync(plan, segment, ReaderOf(blob.Envelope, plan.Layout), cancellationToken).ConfigureAwait(false)
            : throw new ConcurrentWriteException($"'{plan.BlobName}' was written by somebody else while it was encrypted anew.");
    }

    /// <summary>Replaces the old envelope by the new one.</summary>
    /// <exception cref="ConcurrentWriteException">The blob was written by somebody else meanwhile; nothing was replaced.</exception>
    public async Task<ReencryptBlobResult> CommitAsync(EnvelopePlan plan, IReadOnlyList<SegmentResult> segments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var old = await storage.Protected.FindAsync(plan.BlobName, etag: null, cancellationToken).ConfigureAwait(false);
        var traits = new SourceTraits(old.Content, await storage.Protected.ReadTagsAsync(old, cancellationToken).ConfigureAwait(false), old.Metadata);
        using var dek = await writer.OpenDekAsync(plan, cancellationToken).ConfigureAwait(false);
        plan = await writer.UnderCurrentBranchAsync(plan, dek, cancellationToken).ConfigureAwait(false);
        var written = await writer.CommitAsync(plan, segments, dek, traits, cancellationToken).ConfigureAwait(false);
        return await CompleteAsync(plan.OperationId, plan.BlobName, written, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens what is stored now through the read path, and records it.</summary>
    /// <param name="written">What was committed; null when an earlier run did it, so that only the ledger knows.</param>
    /// <exception cref="ForeignBlobException">The ledger does not know what is stored.</exception>
    internal async Task<ReencryptBlobResult> CompleteAsync(string operationId, string blobName, BlobState? written, CancellationToken cancellationToken)
    {
        await using var blob = await reader.OpenAsync(blobName, PinFreshness.Now, cancellationToken).ConfigureAwait(false);
        var (header, state) = (blob.Header, BlobState.Of(blob.Header));
        var standing = state == written ? BlobStanding.Intended : await records.StandingOfAsync(blobName, header, cancellationToken).ConfigureAwait(false);
        if (standing == BlobStanding.Unknown)
        {
            throw BlobRecords.Foreign(blobName);
        }

        if (await rewrapper.MoveOnAsync(operationId, blob, standing, cancellationToken).ConfigureAwait(false))
        {
            return await CompleteAsync(operationId, blobName, written, cancellationToken).ConfigureAwait(false);
        }

        if (standing == BlobStanding.Intended)
        {
            await records.ConfirmAsync(operationId, blobName, state, cancellationToken).ConfigureAwait(false);
        }

        return new ReencryptBlobResult(state.BlobId, header.Wrapping.KeyId, header.Branch, header.PlaintextLength, blob.ETag.ToString());
    }

    private static ChunkReader ReaderOf(EnvelopeReader old, BlobLayout layout) => old.Layout.ChunkSizeInBytes == layout.ChunkSizeInBytes
        ? (index, buffer, cancellationToken) => old.ReadChunkAsync(index, buffer, cancellationToken).AsTask()
        : async (index, buffer, cancellationToken) =>
        {
            var plaintext = new DecryptingStream(old) { Position = layout.PlaintextOffset(index) };
            await using (plaintext.ConfigureAwait(false))
            {
                await plaintext.ReadExactlyAsync(buffer[..layout.ChunkLength(index)], cancellationToken).ConfigureAwait(false);
            }
        };
}
