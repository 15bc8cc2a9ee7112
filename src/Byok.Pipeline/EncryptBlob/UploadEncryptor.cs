using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Reads an upload, all of one version of it, and writes the protected blob that was planned for it.</summary>
public sealed class UploadEncryptor(StorageAccount storage, ProtectedBlobWriter writer)
{
    /// <summary>The upload.</summary>
    /// <exception cref="SourceChangedException">It is gone or was overwritten.</exception>
    /// <exception cref="UnprotectableUploadException">It is longer than one protected blob can be, or no URL can say its name.</exception>
    public async Task<StoredBlob> ReadSourceAsync(EncryptBlobInput upload, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(upload);
        if (!BlobName.IsStorable(upload.BlobName, out var fault))
        {
            // Asked for, it would seem to be gone, or another blob would answer.
            throw new UnprotectableUploadException($"The upload '{upload.BlobName}' cannot be protected under that name: it {fault}. Upload it under another.");
        }

        var source = await FindSourceAsync(upload.BlobName, upload.ETag, cancellationToken).ConfigureAwait(false);
        return source.Length <= EnvelopePlan.MaxPlaintextLength
            ? source
            : throw new UnprotectableUploadException($"'{upload.BlobName}' has {source.Length} bytes; at most {EnvelopePlan.MaxPlaintextLength} can be protected as one blob.");
    }

    /// <summary>Encrypts one segment: its range is read chunk by chunk, sealed and staged.</summary>
    /// <exception cref="SourceChangedException">The upload was overwritten or deleted meanwhile.</exception>
    public Task<SegmentResult> EncryptSegmentAsync(EncryptionPlan plan, int segment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return writer.WriteSegmentAsync(plan.Envelope, segment, ReaderOf(plan), cancellationToken);
    }

    /// <summary>Encrypts a blob of one chunk at most with one request.</summary>
    internal async Task<BlobState> EncryptWholeAsync(EncryptionPlan plan, StoredBlob source, CancellationToken cancellationToken) =>
        await writer.WriteWholeAsync(plan.Envelope, ReaderOf(plan), await TraitsOfAsync(source, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Makes the protected blob visible, with the upload's content headers, metadata, tags and tier, under the branch that is current by now:
    /// a large blob takes its time, and a retirement that has looked for blobs of its branch already would not find this one.
    /// </summary>
    /// <param name="segments">All its segments, in order.</param>
    /// <exception cref="SourceChangedException">The upload was overwritten or deleted meanwhile.</exception>
    /// <exception cref="ConcurrentWriteException">The target was written by somebody else meanwhile.</exception>
    /// <exception cref="KeyUnavailableException">The key was revoked meanwhile; nothing is to be seen of the blob, and the upload stays.</exception>
    internal async Task<BlobState> CommitAsync(EncryptionPlan plan, IReadOnlyList<SegmentResult> segments, CancellationToken cancellationToken)
    {
        var envelope = plan.Envelope;
        // Read anew: what was overwritten since its chunks were read is an operation of its own.
        var source = await FindSourceAsync(envelope.BlobName, plan.SourceETag, cancellationToken).ConfigureAwait(false);
        var traits = await TraitsOfAsync(source, cancellationToken).ConfigureAwait(false);
        using var dek = await writer.OpenDekAsync(envelope, cancellationToken).ConfigureAwait(false);
        envelope = await writer.UnderCurrentBranchAsync(envelope, dek, cancellationToken).ConfigureAwait(false);
        return await writer.CommitAsync(envelope, segments, dek, traits, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StoredBlob> FindSourceAsync(string name, string etag, CancellationToken cancellationToken)
    {
        try
        {
            return await storage.Uploads.FindAsync(name, etag, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BlobNotFoundException or ConcurrentWriteException)
        {
            throw new SourceChangedException($"The upload '{name}' was overwritten or deleted before it was encrypted; a newer upload is an operation of its own.", exception);
        }
    }

    private async Task<SourceTraits> TraitsOfAsync(StoredBlob source, CancellationToken cancellationToken) =>
        new(source.Content, await storage.Uploads.ReadTagsAsync(source, cancellationToken).ConfigureAwait(false), UploadMetadata.OwnOf(source));

    private ChunkReader ReaderOf(EncryptionPlan plan)
    {
        var (sourceETag, envelope) = plan;
        var layout = envelope.Layout;
        var source = storage.Uploads.OpenRead(envelope.BlobName, sourceETag, envelope.PlaintextLength);
        return async (index, buffer, cancellationToken) =>
        {
            try
            {
                await source.ReadAsync(layout.PlaintextOffset(index), buffer[..layout.ChunkLength(index)], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is BlobNotFoundException or ConcurrentWriteException)
            {
                throw new SourceChangedException($"The upload '{envelope.BlobName}' was overwritten or deleted while it was encrypted.", exception);
            }
        };
    }
}
