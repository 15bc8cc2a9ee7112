using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.Keys;
using Byok.Pipeline.Reading;
using Byok.Storage;

namespace Byok.Pipeline.Writing;

/// <summary>
/// The one write path: plan, segments, commit. Blocks are staged under ids that only their own attempt knows; nothing is to be seen of
/// the blob before the commit, and everything after it.
/// </summary>
public sealed class ProtectedBlobWriter(StorageAccount storage, ProtectedBlobReader reader, DekCache deks, ChunkBufferPools pools, PipelineOptions options)
{
    /// <summary>Plans a blob under a new DEK, which is kept in memory for the segments that run in this process.</summary>
    /// <param name="target">Which blob is written, and by whom.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="userMetadata">The metadata that stays on the blob beside the envelope's; all of it when it is an envelope already.</param>
    /// <param name="key">The wrapping key version.</param>
    /// <exception cref="VaultException">The vault gave no RSA public key for it.</exception>
    /// <exception cref="MetadataBudgetExceededException">The user's metadata leaves no room for the envelope.</exception>
    internal EnvelopePlan Plan(WriteTarget target, BlobLayout layout, IEnumerable<KeyValuePair<string, string>> userMetadata, VaultKey key)
    {
        var publicKey = key.RequirePublicKey();
        using var dek = DataEncryptionKey.Generate();
        var wrapped = dek.WrapWith(publicKey);
        deks.Put(wrapped, dek);
        return new EnvelopePlan
        {
            OperationId = target.OperationId,
            BlobName = target.BlobName,
            TargetETag = target.ETag,
            BlobId = target.BlobId,
            Generation = target.Generation,
            PlaintextLength = layout.PlaintextLength,
            ChunkSizeInBytes = layout.ChunkSizeInBytes,
            ChunksPerSegment = layout.ChunksPerTableSegment,
            ChunksPerBlock = EnvelopePlan.ChunksPerBlockOf(layout),
            TableInTail = MetadataBudget.Place(layout, userMetadata) == TablePlacement.Tail,
            KeyId = key.Id,
            KeyThumbprint = publicKey.Thumbprint,
            WrappedDek = wrapped,
        };
    }

    /// <summary>
    /// Writes one segment: each chunk is read, sealed in place under a fresh BEK and staged, and the BEKs are sealed into the segment's
    /// part of the table. BEKs are drawn in each attempt and leave it sealed only.
    /// </summary>
    /// <param name="plan">The blob's plan.</param>
    /// <param name="segment">The segment's number.</param>
    /// <param name="readChunk">Reads the plaintext of a chunk.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    internal async Task<SegmentResult> WriteSegmentAsync(EnvelopePlan plan, int segment, ChunkReader readChunk, CancellationToken cancellationToken)
    {
        var blobId = BlobId.Parse(plan.BlobId);
        using var dek = await deks.GetAsync(plan.KeyId, plan.WrappedDek, cancellationToken).ConfigureAwait(false);
        using var keys = dek.DeriveFor(blobId);
        var layout = plan.Layout;
        var cipher = new ChunkCipher(blobId, layout);
        var firstChunk = layout.FirstChunkOfTableSegment(segment);
        var chunks = layout.ChunkCountOfTableSegment(segment);
        var attemptId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var beks = GC.AllocateArray<byte>(chunks * EnvelopeFormat.KeySizeInBytes, pinned: true);
        try
        {
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.ChunksInFlight, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, BlockCount(plan, chunks), parallel, async (block, stop) =>
            {
                var first = block * plan.ChunksPerBlock;
                var count = Math.Min(plan.ChunksPerBlock, chunks - first);
                using var buffer = await pools.For(count).RentAsync(stop).ConfigureAwait(false);
                var length = 0;
                for (var i = first; i < first + count; i++)
                {
                    var chunk = buffer.Memory.Slice(length, layout.StoredChunkLength(firstChunk + i));
                    await readChunk(firstChunk + i, chunk, stop).ConfigureAwait(false);
                    cipher.Seal(firstChunk + i, chunk.Span, beks.AsSpan(i * EnvelopeFormat.KeySizeInBytes, EnvelopeFormat.KeySizeInBytes));
                    length += chunk.Length;
                }

                await StageAsync(plan, BlockIds.ForData(attemptId, segment, block), buffer.Memory[..length], stop).ConfigureAwait(false);
            }).ConfigureAwait(false);

            var table = BekTable.SealSegment(keys, layout, segment, beks);
            if (!plan.TableInTail)
            {
                return new SegmentResult(segment, attemptId, table);
            }

            await StageAsync(plan, BlockIds.ForTable(attemptId, segment), table, cancellationToken).ConfigureAwait(false);
            return new SegmentResult(segment, attemptId, null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(beks);
        }
    }

    /// <summary>Makes the blob visible, whole, with one conditional block list that carries its header.</summary>
    /// <param name="plan">The blob's plan.</param>
    /// <param name="segments">All its segments, in order.</param>
    /// <param name="dek">Its DEK.</param>
    /// <param name="source">The blob whose content headers, tags and tier it takes over.</param>
    /// <param name="properties">That blob's properties.</param>
    /// <param name="userMetadata">The metadata that stays on it beside the envelope's.</param>
    /// <param name="cancellationToken">Cancels the commit.</param>
    /// <returns>The protected blob's ETag.</returns>
    /// <exception cref="ConcurrentWriteException">The target was written by somebody else since the plan; nothing was replaced.</exception>
    internal async Task<string> CommitAsync(
        EnvelopePlan plan,
        IReadOnlyList<SegmentResult> segments,
        DataEncryptionKey dek,
        BlobBaseClient source,
        BlobProperties properties,
        IEnumerable<KeyValuePair<string, string>> userMetadata,
        CancellationToken cancellationToken)
    {
        var options = new CommitBlockListOptions
        {
            Metadata = SignedHeader(plan, segments, dek).ToMetadata(userMetadata),
            HttpHeaders = new BlobHttpHeaders
            {
                ContentType = properties.ContentType,
                ContentEncoding = properties.ContentEncoding,
                ContentLanguage = properties.ContentLanguage,
                ContentDisposition = properties.ContentDisposition,
                CacheControl = properties.CacheControl,
            },
            Tags = properties.TagCount == 0
                ? null
                : (await StorageFailures.TranslateAsync(
                    $"{source.BlobContainerName}/{source.Name}", () => source.GetTagsAsync(cancellationToken: cancellationToken)).ConfigureAwait(false)).Value.Tags,
            AccessTier = properties.AccessTier is { Length: > 0 } tier && !properties.AccessTierInferred ? new AccessTier(tier) : default(AccessTier?),
            Conditions = plan.TargetETag is { } etag ? new BlobRequestConditions { IfMatch = new ETag(etag) } : new BlobRequestConditions { IfNoneMatch = ETag.All },
        };
        try
        {
            var target = storage.Protected.GetBlockBlobClient(plan.BlobName);
            var committed = await StorageFailures.TranslateAsync(
                SubjectOf(plan), () => target.CommitBlockListAsync(BlockList(plan, segments), options, cancellationToken)).ConfigureAwait(false);
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

    private EnvelopeHeader SignedHeader(EnvelopePlan plan, IReadOnlyList<SegmentResult> segments, DataEncryptionKey dek)
    {
        var blobId = BlobId.Parse(plan.BlobId);
        using var keys = dek.DeriveFor(blobId);
        return new EnvelopeHeader
        {
            BlobId = blobId,
            Layout = plan.Layout,
            InlineTable = plan.TableInTail ? null : segments.SelectMany(segment => segment.SealedTable!).ToArray(),
            Generation = plan.Generation,
            KeyId = plan.KeyId,
            KeyThumbprint = plan.KeyThumbprint,
            WrappedDek = plan.WrappedDek,
            NameHash = EnvelopeHeader.HashName(storage.Protected.Name, plan.BlobName),
        }.Sign(keys);
    }

    private static IEnumerable<string> BlockList(EnvelopePlan plan, IReadOnlyList<SegmentResult> segments)
    {
        var layout = plan.Layout;
        foreach (var segment in segments)
        {
            for (var block = 0; block < BlockCount(plan, layout.ChunkCountOfTableSegment(segment.Segment)); block++)
            {
                yield return BlockIds.ForData(segment.AttemptId, segment.Segment, block);
            }
        }

        foreach (var segment in plan.TableInTail ? segments : [])
        {
            yield return BlockIds.ForTable(segment.AttemptId, segment.Segment);
        }
    }

    private static int BlockCount(EnvelopePlan plan, int chunks) => (int)EnvelopePlan.DivideUp(chunks, plan.ChunksPerBlock);

    private async Task StageAsync(EnvelopePlan plan, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var stream = BinaryData.FromBytes(content).ToStream();
        await StorageFailures.TranslateAsync(
            SubjectOf(plan),
            () => storage.Protected.GetBlockBlobClient(plan.BlobName).StageBlockAsync(blockId, stream, cancellationToken: cancellationToken)).ConfigureAwait(false);
    }

    private async Task<string?> OwnETagAsync(EnvelopePlan plan, CancellationToken cancellationToken)
    {
        try
        {
            var found = await reader.DescribeAsync(plan.BlobName, cancellationToken).ConfigureAwait(false);
            return EnvelopeHeader.Parse(found.Metadata, found.Name).BlobId.ToString() == plan.BlobId ? found.ETag.ToString() : null;
        }
        catch (Exception exception) when (exception is BlobNotFoundException or EnvelopeException)
        {
            return null;
        }
    }

    private string SubjectOf(EnvelopePlan plan) => $"{storage.Protected.Name}/{plan.BlobName}";
}
