using Azure.Storage.Blobs.Models;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.Writing;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Plans an upload; one that fits a single segment is encrypted here and now, in one activity.</summary>
public sealed class BeginEncryption(
    StorageAccount storage, EncryptionPlanner planner, ProtectedBlobWriter writer, EncryptSegment encryptSegment, CommitBlob commitBlob, CompleteBlob completeBlob)
    : Activity<BeginInput, BeginResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "BeginEncryption";

    /// <inheritdoc/>
    public override async Task<BeginResult> RunAsync(BeginInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        EncryptionPlan? plan;
        try
        {
            plan = await BeginAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SourceChangedException or BlobAlreadyExistsException)
        {
            // Perhaps an earlier run of this very activity did it all and died before its answer was recorded.
            var finished = await completeBlob.FindFinishedAsync(input, cancellationToken).ConfigureAwait(false);
            if (finished is null)
            {
                throw;
            }

            return new BeginResult(null, finished);
        }

        return plan is null
            ? new BeginResult(null, await completeBlob.RunAsync(CompleteInput.For(input, activities: 1), cancellationToken).ConfigureAwait(false))
            : new BeginResult(plan, null);
    }

    /// <returns>The plan of a blob that has still to be written; null when it was small and is committed.</returns>
    private async Task<EncryptionPlan?> BeginAsync(BeginInput input, CancellationToken cancellationToken)
    {
        var source = await planner.ReadSourceAsync(input.Upload, cancellationToken).ConfigureAwait(false);
        var isSmall = source.ContentLength <= EnvelopePlan.StandardChunkSizeInBytes;
        if (isSmall)
        {
            try
            {
                var first = await planner.PlanAsync(input, source, target: null, cancellationToken).ConfigureAwait(false);
                await EncryptHereAsync(first, source, mayBeWhole: true, cancellationToken).ConfigureAwait(false);
                return null;
            }
            catch (ConcurrentWriteException)
            {
                // Something of that name is there. Most uploads are new, so it is looked at only now.
            }
        }

        var target = await planner.FindTargetAsync(input.Upload, cancellationToken).ConfigureAwait(false);
        var plan = await planner.PlanAsync(input, source, target, cancellationToken).ConfigureAwait(false);
        if (plan.Envelope.Segments > 1)
        {
            return plan;
        }

        // What was in the way and is no blob are blocks that somebody staged and never committed. A whole write finds a blob in them until the service
        // forgets them; a block list does not.
        await EncryptHereAsync(plan, source, mayBeWhole: target is not null, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task EncryptHereAsync(EncryptionPlan plan, BlobProperties source, bool mayBeWhole, CancellationToken cancellationToken)
    {
        var (sourceETag, envelope) = plan;
        if (mayBeWhole && envelope.Layout.ChunkCount <= 1 && !envelope.TableInTail)
        {
            var traits = EncryptionPlanner.TraitsOf(storage, envelope.BlobName, source);
            await writer.WriteWholeAsync(envelope, EncryptSegment.ReaderOf(storage, envelope, sourceETag), traits, cancellationToken).ConfigureAwait(false);
            return;
        }

        List<SegmentResult> segments = envelope.Segments == 0
            ? []
            : [await encryptSegment.RunAsync(new SegmentInput(plan, 0), cancellationToken).ConfigureAwait(false)];
        await commitBlob.RunAsync(new CommitInput(plan, segments), cancellationToken).ConfigureAwait(false);
    }
}
