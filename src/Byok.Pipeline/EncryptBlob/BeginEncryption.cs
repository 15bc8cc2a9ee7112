using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Plans an upload; one that fits a single segment is encrypted here and now, in one activity.</summary>
public sealed class BeginEncryption(EncryptionPlanner planner, UploadEncryptor encryptor, EncryptionCompletion completion) : Activity<BeginEncryptionInput, BeginEncryptionResult>
{
    public const string Name = "BeginEncryption";

    public override async Task<BeginEncryptionResult> RunAsync(BeginEncryptionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            var (plan, written) = await BeginAsync(input, cancellationToken).ConfigureAwait(false);
            return written is null
                ? new BeginEncryptionResult(plan, null)
                : new BeginEncryptionResult(null, await completion.CompleteAsync(CompleteBlobInput.For(input, written, activities: 1), cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is SourceChangedException or BlobAlreadyExistsException)
        {
            // Perhaps an earlier run of this very activity did it all and died before its answer was recorded.
            var finished = await completion.FindFinishedAsync(input, cancellationToken).ConfigureAwait(false);
            if (finished is null)
            {
                throw;
            }

            return new BeginEncryptionResult(null, finished);
        }
    }

    /// <returns>The plan of a blob that has still to be written; or, when it was small, what was committed.</returns>
    private async Task<(EncryptionPlan? Plan, BlobState? Written)> BeginAsync(BeginEncryptionInput input, CancellationToken cancellationToken)
    {
        var source = await encryptor.ReadSourceAsync(input.Upload, cancellationToken).ConfigureAwait(false);
        var isSmall = source.Length <= EnvelopePlan.StandardChunkSizeInBytes;
        if (isSmall)
        {
            try
            {
                var first = await planner.PlanAsync(input, source, target: null, cancellationToken).ConfigureAwait(false);
                return (null, await EncryptHereAsync(first, source, mayBeWhole: true, cancellationToken).ConfigureAwait(false));
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
            return (plan, null);
        }

        // What was in the way and is no blob are blocks that somebody staged and never committed. A whole write finds a blob in them until the service
        // forgets them; a block list does not.
        return (null, await EncryptHereAsync(plan, source, mayBeWhole: target is not null, cancellationToken).ConfigureAwait(false));
    }

    private async Task<BlobState> EncryptHereAsync(EncryptionPlan plan, StoredBlob source, bool mayBeWhole, CancellationToken cancellationToken)
    {
        if (mayBeWhole && plan.Envelope.Layout.ChunkCount <= 1 && !plan.Envelope.TableInTail)
        {
            return await encryptor.EncryptWholeAsync(plan, source, cancellationToken).ConfigureAwait(false);
        }

        List<SegmentResult> segments = plan.Envelope.Segments == 0 ? [] : [await encryptor.EncryptSegmentAsync(plan, 0, cancellationToken).ConfigureAwait(false)];
        return await encryptor.CommitAsync(plan, segments, cancellationToken).ConfigureAwait(false);
    }
}
