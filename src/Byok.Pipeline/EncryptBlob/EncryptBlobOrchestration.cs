using System.Buffers.Text;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>
/// Encrypts one upload. A blob of one segment is one activity; a larger one is planned, fanned out by segment, committed with one
/// conditional block list, read back, recorded, and only then is the plaintext disposed of.
/// </summary>
public sealed class EncryptBlobOrchestration : Orchestration<EncryptBlobInput, EncryptBlobResult>
{
    public const string Name = "EncryptBlob";

    /// <summary>How often a blob is planned anew because somebody else wrote its target meanwhile.</summary>
    private const int MaxPlans = 5;

    private static readonly EncryptBlobResult Superseded = new(EncryptBlobOutcome.Superseded, null, null, null, 0, 0, 0, null);

    public override async Task<EncryptBlobResult> RunAsync(IOrchestrationContext context, EncryptBlobInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var begun = await context.CallActivityAsync<BeginEncryptionResult>(
                    BeginEncryption.Name, new BeginEncryptionInput(context.InstanceId, NewBlobId(context), input), RetryPolicy.Default);
                return begun.Result ?? await FanOutAsync(context, begun.Plan!);
            }
            catch (SourceChangedException)
            {
                return Superseded;
            }
            catch (ConcurrentWriteException) when (attempt < MaxPlans)
            {
                // The target was written meanwhile: plan again, and let the new plan decide whether this upload still counts.
            }
        }
    }

    /// <summary>
    /// The same at every replay, so that a run of an activity recognises what an earlier run of it committed.
    /// It has to be unique, not secret: the DEK below it is drawn anew each time.
    /// </summary>
    private static string NewBlobId(IOrchestrationContext context) => Base64Url.EncodeToString(context.NewGuid().ToByteArray(bigEndian: true));

    private static async Task<EncryptBlobResult> FanOutAsync(IOrchestrationContext context, EncryptionPlan plan)
    {
        var (_, envelope) = plan;
        var segments = await SegmentFanOut.RunAsync(context, envelope, EncryptSegment.Name, segment => new EncryptSegmentInput(plan, segment), "encrypting");
        var progress = new WriteProgress("committing", envelope.PlaintextLength, envelope.PlaintextLength);
        context.SetStatus(progress);
        var written = await context.CallActivityAsync<BlobState>(CommitBlob.Name, new CommitBlobInput(plan, segments), RetryPolicy.Default);
        context.SetStatus(progress with { Stage = "verifying and disposing of the plaintext" });
        return await context.CallActivityAsync<EncryptBlobResult>(
            CompleteBlob.Name, CompleteBlobInput.For(plan, written, activities: envelope.Segments + 3), RetryPolicy.Default);
    }
}
