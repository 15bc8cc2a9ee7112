using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>
/// Makes the protected blob visible, whole, with one conditional block list that carries the header: before it there is nothing to see,
/// after it there is everything.
/// </summary>
public sealed class CommitBlob(StorageAccount storage, DekCache deks) : Activity<CommitInput, string>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "CommitBlob";

    /// <inheritdoc/>
    /// <returns>The protected blob's ETag.</returns>
    /// <exception cref="SourceChangedException">The upload was overwritten or deleted meanwhile.</exception>
    /// <exception cref="ConcurrentWriteException">The target was written by somebody else meanwhile.</exception>
    public override async Task<string> RunAsync(CommitInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var plan = input.Plan;
        var source = await EncryptionPlanner.ReadSourceAsync(storage, plan.BlobName, plan.SourceETag, cancellationToken).ConfigureAwait(false);
        var metadata = EncryptionPlanner.UserMetadata(plan.BlobName, source.Metadata);
        var header = await SignedHeaderAsync(input, cancellationToken).ConfigureAwait(false);
        var options = new CommitBlockListOptions
        {
            Metadata = header.ToMetadata(metadata),
            HttpHeaders = new BlobHttpHeaders
            {
                ContentType = source.ContentType,
                ContentEncoding = source.ContentEncoding,
                ContentLanguage = source.ContentLanguage,
                ContentDisposition = source.ContentDisposition,
                CacheControl = source.CacheControl,
            },
            Tags = await ReadTagsAsync(plan, source, cancellationToken).ConfigureAwait(false),
            AccessTier = source.AccessTier is { Length: > 0 } tier && !source.AccessTierInferred ? new AccessTier(tier) : default(AccessTier?),
            Conditions = plan.TargetETag is { } etag ? new BlobRequestConditions { IfMatch = new ETag(etag) } : new BlobRequestConditions { IfNoneMatch = ETag.All },
        };
        try
        {
            var target = storage.Protected.GetBlockBlobClient(plan.BlobName);
            var committed = await StorageFailures.TranslateAsync(
                $"{storage.Protected.Name}/{plan.BlobName}", () => target.CommitBlockListAsync(BlockList(input), options, cancellationToken)).ConfigureAwait(false);
            return committed.Value.ETag.ToString();
        }
        catch (ConcurrentWriteException)
        {
            // An earlier run of this activity may have committed, and died before its answer was recorded.
            if (await OwnETagAsync(plan, cancellationToken).ConfigureAwait(false) is { } own)
            {
                return own;
            }

            throw;
        }
    }

    private async Task<EnvelopeHeader> SignedHeaderAsync(CommitInput input, CancellationToken cancellationToken)
    {
        var plan = input.Plan;
        var blobId = BlobId.Parse(plan.BlobId);
        using var dek = await deks.GetAsync(plan.KeyId, plan.WrappedDek, cancellationToken).ConfigureAwait(false);
        using var keys = dek.DeriveFor(blobId);
        return new EnvelopeHeader
        {
            BlobId = blobId,
            Layout = plan.Layout,
            InlineTable = plan.TableInTail ? null : input.Segments.SelectMany(segment => segment.SealedTable!).ToArray(),
            Generation = plan.Generation,
            KeyId = plan.KeyId,
            KeyThumbprint = plan.KeyThumbprint,
            WrappedDek = plan.WrappedDek,
            NameHash = EnvelopeHeader.HashName(storage.Protected.Name, plan.BlobName),
        }.Sign(keys);
    }

    private static IEnumerable<string> BlockList(CommitInput input)
    {
        var plan = input.Plan;
        foreach (var segment in input.Segments)
        {
            var chunks = Math.Min(plan.ChunksPerSegment, plan.Layout.ChunkCount - ((long)segment.Segment * plan.ChunksPerSegment));
            for (var block = 0; (long)block * plan.ChunksPerBlock < chunks; block++)
            {
                yield return BlockIds.ForData(segment.AttemptId, segment.Segment, block);
            }
        }

        foreach (var segment in plan.TableInTail ? input.Segments : [])
        {
            yield return BlockIds.ForTable(segment.AttemptId, segment.Segment);
        }
    }

    private async Task<IDictionary<string, string>?> ReadTagsAsync(EncryptionPlan plan, BlobProperties source, CancellationToken cancellationToken) =>
        source.TagCount == 0
            ? null
            : (await StorageFailures.TranslateAsync(
                $"{storage.Uploads.Name}/{plan.BlobName}", () => storage.Uploads.GetBlobClient(plan.BlobName).GetTagsAsync(cancellationToken: cancellationToken)).ConfigureAwait(false))
                .Value.Tags;

    private async Task<string?> OwnETagAsync(EncryptionPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            var found = await StorageFailures.TranslateAsync(
                $"{storage.Protected.Name}/{plan.BlobName}",
                async () => ProtectedBlob.From(plan.BlobName, await storage.Protected.GetBlobClient(plan.BlobName).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)))
                .ConfigureAwait(false);
            return EnvelopeHeader.Parse(found.Metadata, found.Name).BlobId.ToString() == plan.BlobId ? found.ETag.ToString() : null;
        }
        catch (Exception exception) when (exception is BlobNotFoundException or EnvelopeException)
        {
            return null;
        }
    }
}

/// <summary>What to commit.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segments">All segments, in order.</param>
public sealed record CommitInput(EncryptionPlan Plan, IReadOnlyList<SegmentResult> Segments);
