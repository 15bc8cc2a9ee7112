using System.Security.Cryptography;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Client.Writing;

/// <summary>
/// The one write path: plan, segments, commit. Blocks are staged under ids that only their own attempt knows; nothing is to be seen of
/// the blob before the commit, and everything after it. A blob of one chunk takes a single request instead.
/// </summary>
public sealed class ProtectedBlobWriter(
    StorageAccount storage, ProtectedBlobReader reader, BranchKeyRing branches, BlobRecords records, ChunkBufferPools pools, ClientOptions options, TimeProvider time)
{
    /// <summary>Plans a blob under a new DEK, which its branch seals.</summary>
    /// <param name="target">Which blob is written, and by whom.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="userMetadata">The metadata that stays on the blob beside the envelope's; all of it when it is an envelope already.</param>
    /// <param name="branch">The branch.</param>
    /// <exception cref="MetadataBudgetExceededException">The user's metadata leaves no room for the envelope.</exception>
    internal static EnvelopePlan Plan(WriteTarget target, BlobLayout layout, IEnumerable<KeyValuePair<string, string>> userMetadata, CurrentBranch branch)
    {
        using var dek = DataEncryptionKey.Generate();
        return new EnvelopePlan
        {
            OperationId = target.OperationId,
            BlobName = target.BlobName,
            TargetETag = target.ETag,
            BlobId = target.BlobId,
            ReplacedWrittenOn = target.ReplacedWrittenOn,
            Change = target.Change,
            Replaces = target.Replaces,
            PlaintextLength = layout.PlaintextLength,
            ChunkSizeInBytes = layout.ChunkSizeInBytes,
            ChunksPerSegment = layout.ChunksPerTableSegment,
            ChunksPerBlock = EnvelopePlan.ChunksPerBlockOf(layout),
            TableInTail = MetadataBudget.Place(layout, userMetadata) == TablePlacement.Tail,
            Branch = branch.Key.Name,
            Wrapping = branch.Wrapping,
            SealedDek = branch.Key.SealDek(dek, BlobId.Parse(target.BlobId)),
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
        using (await OpenDekAsync(plan, cancellationToken).ConfigureAwait(false))
        {
            // Only to see that it opens. Writing takes its time; what waits in memory meanwhile are the BEKs of this attempt, which open nothing else.
        }

        var layout = plan.Layout;
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
                    ChunkCipher.Seal(chunk.Span, beks.AsSpan(i * EnvelopeFormat.KeySizeInBytes, EnvelopeFormat.KeySizeInBytes));
                    length += chunk.Length;
                }

                await storage.Protected.StageAsync(plan.BlobName, BlockIds.ForData(attemptId, segment, block), buffer.Memory[..length], stop).ConfigureAwait(false);
            }).ConfigureAwait(false);

            var table = await SealSegmentAsync(plan, segment, beks, cancellationToken).ConfigureAwait(false);
            if (!plan.TableInTail)
            {
                return new SegmentResult(segment, attemptId, table);
            }

            await storage.Protected.StageAsync(plan.BlobName, BlockIds.ForTable(attemptId, segment), table, cancellationToken).ConfigureAwait(false);
            return new SegmentResult(segment, attemptId, null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(beks);
        }
    }

    /// <exception cref="KeyUnavailableException">The key was revoked since: what was staged opens for nobody.</exception>
    private async Task<byte[]> SealSegmentAsync(EnvelopePlan plan, int segment, ReadOnlyMemory<byte> beks, CancellationToken cancellationToken)
    {
        using var dek = await OpenDekAsync(plan, cancellationToken).ConfigureAwait(false);
        using var blobKeys = dek.DeriveFor(BlobId.Parse(plan.BlobId));
        return BekTable.SealSegment(blobKeys, plan.Layout, segment, beks.Span);
    }

    /// <summary>Writes a blob of one chunk at most, whose table goes to its metadata, with one conditional request: there is nothing to fan out.</summary>
    /// <param name="plan">The blob's plan; what is written is under the key version that is current by now.</param>
    /// <param name="readChunk">Reads the plaintext of its chunk.</param>
    /// <param name="source">What it takes over from the blob that it is made of.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ConcurrentWriteException">The target was written by somebody else since the plan; nothing was replaced.</exception>
    internal async Task<BlobState> WriteWholeAsync(EnvelopePlan plan, ChunkReader readChunk, SourceTraits source, CancellationToken cancellationToken)
    {
        var layout = plan.Layout;
        using var buffer = await pools.For(1).RentAsync(cancellationToken).ConfigureAwait(false);
        var chunk = buffer.Memory[..layout.MaxStoredChunkLength];
        if (layout.ChunkCount > 0)
        {
            await readChunk(0, chunk, cancellationToken).ConfigureAwait(false);
        }

        using var dek = await OpenDekAsync(plan, cancellationToken).ConfigureAwait(false);
        using var blobKeys = dek.DeriveFor(BlobId.Parse(plan.BlobId));
        var segments = new List<SegmentResult>();
        if (layout.ChunkCount > 0)
        {
            segments.Add(new SegmentResult(0, string.Empty, SealOnly(blobKeys, layout, chunk.Span)));
        }

        plan = await UnderCurrentBranchAsync(plan, dek, cancellationToken).ConfigureAwait(false);
        var header = SignedHeader(plan, segments, dek);
        return await WriteOnceAsync(
            plan, header, () => storage.Protected.PutAsync(WriteOf(plan, header, source), chunk, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the blob visible, whole, with one conditional block list that carries its header.</summary>
    /// <param name="plan">The blob's plan.</param>
    /// <param name="segments">All its segments, in order.</param>
    /// <param name="dek">Its DEK.</param>
    /// <param name="source">What it takes over from the blob that it is made of.</param>
    /// <param name="cancellationToken">Cancels the commit.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ConcurrentWriteException">The target was written by somebody else since the plan; nothing was replaced.</exception>
    internal async Task<BlobState> CommitAsync(
        EnvelopePlan plan,
        IReadOnlyList<SegmentResult> segments,
        DataEncryptionKey dek,
        SourceTraits source,
        CancellationToken cancellationToken)
    {
        var header = SignedHeader(plan, segments, dek);
        return await WriteOnceAsync(
            plan, header, () => storage.Protected.CommitAsync(WriteOf(plan, header, source), BlockList(plan, segments), cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The DEK of a planned blob. The caller disposes of it.</summary>
    /// <exception cref="KeyUnavailableException">The key was revoked since.</exception>
    /// <exception cref="ConcurrentWriteException">Its branch was retired since: nothing opens it any more, and the blob has to be planned anew.</exception>
    internal async Task<DataEncryptionKey> OpenDekAsync(EnvelopePlan plan, CancellationToken cancellationToken)
    {
        try
        {
            return await branches.OpenDekAsync(plan.BlobName, BlobId.Parse(plan.BlobId), plan.Branch, plan.Wrapping, plan.SealedDek, cancellationToken).ConfigureAwait(false);
        }
        catch (IntegrityException exception)
        {
            // The plan is our own, and not what somebody stored.
            throw new ConcurrentWriteException($"The branch that '{plan.BlobName}' was to be written under was retired meanwhile.", exception);
        }
    }

    /// <summary>
    /// The plan under the branch that is current by now, looked up afresh: one that is being retired looks for its blobs once more after the key cache time, and would
    /// not find this one.
    /// </summary>
    /// <exception cref="KeyUnavailableException">The key was revoked meanwhile.</exception>
    internal async Task<EnvelopePlan> UnderCurrentBranchAsync(EnvelopePlan plan, DataEncryptionKey dek, CancellationToken cancellationToken)
    {
        using var current = await branches.GetCurrentAsync(plan.Wrapping.KeyId.Name, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
        return current.Key.Name == plan.Branch
            ? plan with { Wrapping = current.Wrapping }
            : plan with { Branch = current.Key.Name, Wrapping = current.Wrapping, SealedDek = current.Key.SealDek(dek, BlobId.Parse(plan.BlobId)) };
    }

    /// <summary>The one request that makes a blob visible, announced in the ledger, and told apart from its own earlier run.</summary>
    private async Task<BlobState> WriteOnceAsync(EnvelopePlan plan, EnvelopeHeader header, Func<Task> write, CancellationToken cancellationToken)
    {
        var intent = new BlobIntent(plan.OperationId, plan.BlobName, header, plan.Change, plan.Replaces);
        await records.IntendAsync([intent], cancellationToken).ConfigureAwait(false);
        try
        {
            await write().ConfigureAwait(false);
            return intent.State;
        }
        catch (ConcurrentWriteException)
        {
            // It may have been written, and the answer got lost; or an earlier run of this activity wrote it, and died before its answer was recorded.
            if (await OwnStateAsync(plan, intent.State, cancellationToken).ConfigureAwait(false) is { } own)
            {
                return own;
            }

            throw;
        }
    }

    private static ProtectedWrite WriteOf(EnvelopePlan plan, EnvelopeHeader header, SourceTraits source) =>
        new(plan.BlobName, plan.TargetETag, header.ToMetadata(source.UserMetadata), source.Content, source.Tags);

    /// <summary>Seals the only chunk in place under a fresh BEK, and that into the table.</summary>
    private static byte[] SealOnly(BlobKeys blobKeys, BlobLayout layout, Span<byte> chunk)
    {
        Span<byte> bek = stackalloc byte[EnvelopeFormat.KeySizeInBytes];
        try
        {
            ChunkCipher.Seal(chunk, bek);
            return BekTable.SealSegment(blobKeys, layout, 0, bek);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bek);
        }
    }

    private EnvelopeHeader SignedHeader(EnvelopePlan plan, IReadOnlyList<SegmentResult> segments, DataEncryptionKey dek)
    {
        var blobId = BlobId.Parse(plan.BlobId);
        using var blobKeys = dek.DeriveFor(blobId);
        return new EnvelopeHeader
        {
            BlobId = blobId,
            PlaintextLength = plan.PlaintextLength,
            ChunkSizeInBytes = plan.ChunkSizeInBytes,
            ChunksPerTableSegment = plan.ChunksPerSegment,
            InlineTable = plan.TableInTail ? null : segments.SelectMany(segment => segment.SealedTable!).ToArray(),
            WrittenOn = EnvelopeHeader.NextWrittenOn(time.GetUtcNow(), plan.ReplacedWrittenOn),
            Branch = plan.Branch,
            SealedDek = plan.SealedDek,
            Wrapping = plan.Wrapping,
            NameHash = EnvelopeHeader.HashName(storage.Protected.Name, plan.BlobName),
        }.Sign(blobKeys);
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

    /// <summary>What is stored, if we wrote it.</summary>
    /// <exception cref="ForeignBlobException">It has our blob id, which is not enough: the ledger does not know it.</exception>
    private async Task<BlobState?> OwnStateAsync(EnvelopePlan plan, BlobState written, CancellationToken cancellationToken)
    {
        try
        {
            var found = await reader.DescribeAsync(plan.BlobName, cancellationToken).ConfigureAwait(false);
            var header = EnvelopeHeader.Parse(found.Metadata, found.Name);
            var state = BlobState.Of(header);
            if (state == written || state.BlobId != plan.BlobId)
            {
                return state == written ? state : null;
            }

            return await records.StandingOfAsync(found.Name, header, cancellationToken).ConfigureAwait(false) != BlobStanding.Unknown
                ? state
                : throw BlobRecords.ForeignInstead(plan.BlobName);
        }
        catch (Exception exception) when (exception is BlobNotFoundException or MalformedEnvelopeException or UnsupportedEnvelopeVersionException)
        {
            return null;
        }
    }
}
