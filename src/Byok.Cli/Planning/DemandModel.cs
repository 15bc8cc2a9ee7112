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

        return new OperationDemand
        {
            StorageRequests = work.Blobs * requests,
            LedgerAppendsAtMost = 2 * work.Blobs,
            BytesIn = work.Blobs * (layout.StoredLength(placement) + MetadataLength),
            BytesOut = work.Bytes + (work.Blobs * (double)verified * Math.Min(length, EnvelopePlan.StandardChunkSizeInBytes)),
            BytesEncrypted = work.Bytes,
            VaultUnwraps = work.Workers, // one each worker and minute, whatever the number of blobs
            VaultCreations = 0,
            Activities = work.Blobs * activities,
            ParallelActivities = layout.TableSegmentCount,
            SequentialActivities = layout.TableSegmentCount <= 1 ? 1 : 3,
            Rewraps = 0,
        };
    }

    /// <summary>
    /// Rotating, with one pinned branch: it is unwrapped under the old version, proved under the new, and proved once more before the old one is disabled. No blob is looked at.
    /// </summary>
    public static OperationDemand Rotate(PlannedWork work) => OfKey(work, unwraps: 3, activities: 12, appends: 9);

    /// <summary>Restoring after a purge: the same master key is brought again, and its branch proved. Every blob can be read from then on.</summary>
    public static OperationDemand Restore(PlannedWork work) => OfKey(work, unwraps: 4, activities: 11, appends: 9);

    /// <summary>Retiring a branch: the DEKs of all blobs are sealed anew, and another pass proves that nothing is left.</summary>
    public static OperationDemand Retire(PlannedWork work)
    {
        const int Passes = 2;
        var pages = EnvelopePlan.DivideUp(work.Blobs, work.BlobsPerPage);
        return OfKey(work, unwraps: 3, activities: 5 + (Passes * pages), appends: 2) with
        {
            StorageRequests = work.Blobs + (Passes * pages) + EnvelopePlan.DivideUp(work.Blobs, BlobsPerListing),
            LedgerAppendsAtMost = 2 + (2 * work.Blobs),
            BytesIn = work.Blobs * MetadataLength,
            BytesOut = (Passes + 1) * work.Blobs * MetadataLength,
            VaultCreations = 0,
            Rewraps = work.Blobs,
        };
    }

    /// <summary>What is done with a key and its branches, in proportion to no blob.</summary>
    private static OperationDemand OfKey(PlannedWork work, int unwraps, long activities, long appends)
    {
        ArgumentNullException.ThrowIfNull(work);
        work.Validate();
        return new OperationDemand
        {
            StorageRequests = 0,
            LedgerAppendsAtMost = appends,
            BytesIn = 0,
            BytesOut = 0,
            BytesEncrypted = 0,
            VaultUnwraps = unwraps,
            VaultCreations = 1,
            Activities = activities,
            ParallelActivities = 1,
            SequentialActivities = activities,
            Rewraps = 0,
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
