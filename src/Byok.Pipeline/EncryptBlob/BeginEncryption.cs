using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.Writing;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Plans an upload; one that fits a single segment is encrypted here and now, in one activity.</summary>
public sealed class BeginEncryption(
    EncryptionPlanner planner, EncryptSegment encryptSegment, CommitBlob commitBlob, CompleteBlob completeBlob)
    : Activity<BeginInput, BeginResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "BeginEncryption";

    /// <inheritdoc/>
    public override async Task<BeginResult> RunAsync(BeginInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        EncryptionPlan plan;
        try
        {
            plan = await planner.PlanAsync(input, cancellationToken).ConfigureAwait(false);
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

        var segments = plan.Envelope.Segments;
        if (segments > 1)
        {
            return new BeginResult(plan, null);
        }

        var results = new List<SegmentResult>();
        for (var segment = 0; segment < segments; segment++)
        {
            results.Add(await encryptSegment.RunAsync(new SegmentInput(plan, segment), cancellationToken).ConfigureAwait(false));
        }

        await commitBlob.RunAsync(new CommitInput(plan, results), cancellationToken).ConfigureAwait(false);
        return new BeginResult(null, await completeBlob.RunAsync(CompleteInput.For(plan, activities: 1), cancellationToken).ConfigureAwait(false));
    }
}
