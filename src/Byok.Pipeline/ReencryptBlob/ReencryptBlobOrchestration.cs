using System.Buffers.Text;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>
/// Encrypts a protected blob anew, under a new DEK and new BEKs, for when a DEK may be known to others. The plaintext exists only in the
/// activities' buffers; the new ciphertext replaces the old with one conditional block list. A blob of one segment is one activity.
/// </summary>
public sealed class ReencryptBlobOrchestration : Orchestration<ReencryptBlobInput, ReencryptBlobResult>
{
    public const string Name = "ReencryptBlob";

    /// <summary>How often a blob is planned anew because somebody else wrote it meanwhile.</summary>
    private const int MaxPlans = 5;

    public override async Task<ReencryptBlobResult> RunAsync(IOrchestrationContext context, ReencryptBlobInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // The same id at every replay, so that a run of an activity recognises what an earlier run of it committed.
                var blobId = Base64Url.EncodeToString(context.NewGuid().ToByteArray(bigEndian: true));
                var begun = await context.CallActivityAsync<BeginReencryptionResult>(
                    BeginReencryption.Name, new BeginReencryptionInput(input.OperationId ?? context.InstanceId, blobId, input), RetryPolicy.Default);
                return begun.Result ?? await FanOutAsync(context, begun.Plan!);
            }
            catch (ConcurrentWriteException) when (attempt < MaxPlans)
            {
                // Rewrapped or replaced meanwhile: plan again from what is there now.
            }
        }
    }

    private static async Task<ReencryptBlobResult> FanOutAsync(IOrchestrationContext context, EnvelopePlan plan)
    {
        var segments = await SegmentFanOut.RunAsync(
            context, plan, ReencryptSegment.Name, segment => new ReencryptSegmentInput(plan, segment), "encrypting anew");
        context.SetStatus(new WriteProgress("replacing the old ciphertext", plan.PlaintextLength, plan.PlaintextLength));
        return await context.CallActivityAsync<ReencryptBlobResult>(CommitReencryption.Name, new CommitReencryptionInput(plan, segments), RetryPolicy.Default);
    }
}
