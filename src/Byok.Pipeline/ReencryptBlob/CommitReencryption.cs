using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.Keys;
using Byok.Pipeline.Reading;
using Byok.Storage;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>
/// Replaces the old ciphertext by the new with one conditional block list. The new DEK is unwrapped by the vault before that: there is
/// no way back to the old ciphertext afterwards.
/// </summary>
public sealed class CommitReencryption(StorageAccount storage, ProtectedBlobReader reader, DekCache deks, ILedger ledger)
    : Activity<CommitReencryptionInput, ReencryptBlobResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "CommitReencryption";

    /// <inheritdoc/>
    /// <exception cref="ConcurrentWriteException">The blob was written by somebody else meanwhile; nothing was replaced.</exception>
    public override async Task<ReencryptBlobResult> RunAsync(CommitReencryptionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var plan = input.Plan;
        try
        {
            await CommitAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch (ConcurrentWriteException)
        {
            // An earlier run of this activity may have committed, and died before its answer was recorded.
            var now = await reader.DescribeAsync(plan.BlobName, cancellationToken).ConfigureAwait(false);
            if (!now.Metadata.TryGetValue(EnvelopeFields.BlobId, out var blobId) || blobId != plan.BlobId)
            {
                throw;
            }
        }

        return await CompleteAsync(plan.OperationId, plan.BlobName, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens what is stored now through the read path, and records it.</summary>
    internal async Task<ReencryptBlobResult> CompleteAsync(string operationId, string blobName, CancellationToken cancellationToken)
    {
        await using var blob = await reader.OpenAsync(blobName, DekSource.Vault, cancellationToken).ConfigureAwait(false);
        var header = blob.Header;
        await ledger.AppendAsync(
            new LedgerEvent
            {
                EventId = $"{operationId}/{header.BlobId}/{header.Generation}",
                Kind = "blob.reencrypted",
                Subject = $"{storage.Protected.Name}/{blobName}",
                CorrelationId = operationId,
                Details = new Dictionary<string, string>
                {
                    ["blobId"] = header.BlobId.ToString(),
                    ["generation"] = $"{header.Generation}",
                    ["key"] = header.KeyId.ToString(),
                },
            },
            cancellationToken).ConfigureAwait(false);
        return new ReencryptBlobResult(header.BlobId.ToString(), header.KeyId, header.Generation, header.Layout.PlaintextLength, blob.ETag.ToString());
    }

    private async Task CommitAsync(CommitReencryptionInput input, CancellationToken cancellationToken)
    {
        var plan = input.Plan;
        var subject = $"{storage.Protected.Name}/{plan.BlobName}";
        var target = storage.Protected.GetBlockBlobClient(plan.BlobName);
        var conditions = new BlobRequestConditions { IfMatch = new ETag(plan.ETag) };
        var old = (await StorageFailures.TranslateAsync(subject, () => target.GetPropertiesAsync(conditions, cancellationToken)).ConfigureAwait(false)).Value;
        var header = await SignedHeaderAsync(input, cancellationToken).ConfigureAwait(false);
        var options = new CommitBlockListOptions
        {
            Metadata = header.ToMetadata(old.Metadata),
            HttpHeaders = new BlobHttpHeaders
            {
                ContentType = old.ContentType,
                ContentEncoding = old.ContentEncoding,
                ContentLanguage = old.ContentLanguage,
                ContentDisposition = old.ContentDisposition,
                CacheControl = old.CacheControl,
            },
            Tags = old.TagCount == 0
                ? null
                : (await StorageFailures.TranslateAsync(subject, () => target.GetTagsAsync(cancellationToken: cancellationToken)).ConfigureAwait(false)).Value.Tags,
            AccessTier = old.AccessTier is { Length: > 0 } tier && !old.AccessTierInferred ? new AccessTier(tier) : default(AccessTier?),
            Conditions = conditions,
        };
        await StorageFailures.TranslateAsync(subject, () => target.CommitBlockListAsync(BlockList(input), options, cancellationToken)).ConfigureAwait(false);
    }

    private async Task<EnvelopeHeader> SignedHeaderAsync(CommitReencryptionInput input, CancellationToken cancellationToken)
    {
        var plan = input.Plan;
        var blobId = BlobId.Parse(plan.BlobId);
        using var dek = await deks.UnwrapAsync(plan.KeyId, plan.WrappedDek, cancellationToken).ConfigureAwait(false);
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

    private static IEnumerable<string> BlockList(CommitReencryptionInput input)
    {
        var plan = input.Plan;
        foreach (var segment in input.Segments)
        {
            var chunks = plan.Layout.ChunkCountOfTableSegment(segment.Segment);
            for (var block = 0; block * plan.ChunksPerBlock < chunks; block++)
            {
                yield return BlockIds.ForData(segment.AttemptId, segment.Segment, block);
            }
        }

        foreach (var segment in plan.TableInTail ? input.Segments : [])
        {
            yield return BlockIds.ForTable(segment.AttemptId, segment.Segment);
        }
    }
}

/// <summary>What to commit.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segments">All segments, in order.</param>
public sealed record CommitReencryptionInput(ReencryptionPlan Plan, IReadOnlyList<SegmentResult> Segments);
