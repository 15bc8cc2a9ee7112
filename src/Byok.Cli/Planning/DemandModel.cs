using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Pipeline;

namespace Byok.Cli.Planning;

/// <summary>
/// Counts what operations ask of the services, step by step as the orchestrations run them: no throttling, no retries, nobody else at work, no
/// tags on the uploads. <c>./bench.sh plan</c> compares these counts with those of real runs.
/// </summary>
public static class DemandModel
{
    /// <summary>Blobs of a listing that asks for no page size (List Blobs: at most 5,000).</summary>
    private const int BlobsPerListing = 5000;

    /// <summary>Bytes of metadata that a listing or a write carries for one blob, about.</summary>
    private const double MetadataLength = 2048;

    /// <summary>Encrypting all blobs: each is an orchestration of its own.</summary>
    public static OperationDemand Encrypt(PlannedWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        work.Validate();
        var length = work.Bytes / work.Blobs;
        var layout = EnvelopePlan.LayOut(length, EnvelopePlan.StandardChunkSizeInBytes);
        var placement = MetadataBudget.Place(layout, []);
        var inTail = placement == TablePlacement.Tail;
        var blocks = DataBlocks(layout) + (inTail ? layout.TableSegmentCount : 0);
        var verified = ChunksVerified(work, layout);

        // Properties of upload (twice) and target, the blocks and their list. A blob of one chunk: properties of the upload, and one write. What was
        // written is described by the read of its first chunk; an empty blob has none, and two requests find that out.
        var writing = layout.ChunkCount <= 1 && !inTail ? 2 : 4 + blocks;
        var opening = layout.ChunkCount == 0 ? 2 : 0;
        var disposal = work.Disposal == PlaintextDisposal.Delete ? 1 : 0;
        var requests = writing + opening + layout.ChunkCount + verified + disposal + (inTail ? TableReads(work, layout) : 0);
        var activities = layout.TableSegmentCount <= 1 ? 1 : layout.TableSegmentCount + 3;

        // The verification unwraps anew. A worker that did not plan the blob has to unwrap for its segments as well.
        var unwraps = 1.0 + (layout.TableSegmentCount > 1 ? Math.Min(work.Workers - 1, layout.TableSegmentCount + 1) : 0);
        return new OperationDemand
        {
            StorageRequests = work.Blobs * requests,
            LedgerAppendsAtMost = 2 * work.Blobs,
            BytesIn = work.Blobs * (layout.StoredLength(placement) + MetadataLength),
            BytesOut = work.Bytes + (work.Blobs * (double)verified * Math.Min(length, EnvelopePlan.StandardChunkSizeInBytes)),
            BytesEncrypted = work.Bytes,
            VaultUnwraps = work.Blobs * unwraps,
            VaultCreations = 0,
            Activities = work.Blobs * activities,
            ParallelActivities = layout.TableSegmentCount,
            SequentialActivities = layout.TableSegmentCount <= 1 ? 1 : 3,
            Rewraps = 0,
        };
    }

    /// <summary>Rotating to a new key version: rewrap, prove, and look once more after the grace time, whose wait is not counted.</summary>
    public static OperationDemand Rotate(PlannedWork work) => Rewrap(work, listings: 1, passes: 3);

    /// <summary>
    /// Restoring after a purge: the same master key is brought again, every blob can be read from then on, and all are rewrapped to the new version id,
    /// without grace time.
    /// </summary>
    public static OperationDemand Restore(PlannedWork work) => Rewrap(work, listings: 3, passes: 2);

    private static OperationDemand Rewrap(PlannedWork work, int listings, int passes)
    {
        ArgumentNullException.ThrowIfNull(work);
        work.Validate();
        var pages = EnvelopePlan.DivideUp(work.Blobs, work.BlobsPerPage);
        return new OperationDemand
        {
            StorageRequests = work.Blobs + (passes * pages) + (listings * EnvelopePlan.DivideUp(work.Blobs, BlobsPerListing)),
            LedgerAppendsAtMost = 2 * work.Blobs,
            BytesIn = work.Blobs * MetadataLength,
            BytesOut = (passes + listings) * work.Blobs * MetadataLength,
            BytesEncrypted = 0,
            VaultUnwraps = work.Blobs,
            VaultCreations = 1,
            Activities = passes * pages,
            ParallelActivities = 1,
            SequentialActivities = passes * pages,
            Rewraps = work.Blobs,
        };
    }

    private static long DataBlocks(BlobLayout layout)
    {
        var chunksPerBlock = EnvelopePlan.ChunksPerBlockOf(layout);
        return Enumerable.Range(0, layout.TableSegmentCount).Sum(segment => EnvelopePlan.DivideUp(layout.ChunkCountOfTableSegment(segment), chunksPerBlock));
    }

    private static long ChunksVerified(PlannedWork work, BlobLayout layout) =>
        work.Verification == VerificationScope.All ? layout.ChunkCount : Math.Min(3, layout.ChunkCount);

    /// <summary>Reads of a table in the tail: a run of segments each. The random chunk is taken to be in a run of its own when there is one.</summary>
    private static long TableReads(PlannedWork work, BlobLayout layout)
    {
        var segmentsPerRead = Math.Max(1, EnvelopeReader.TableReadSizeInBytes / layout.SealedSegmentLength(0));
        var reads = EnvelopePlan.DivideUp(layout.TableSegmentCount, segmentsPerRead);
        return work.Verification == VerificationScope.All ? reads : Math.Min(3, reads);
    }
}
