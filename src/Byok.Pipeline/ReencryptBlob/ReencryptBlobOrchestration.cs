using System.Buffers.Text;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.EncryptBlob;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>
/// Encrypts a protected blob anew, under a new DEK and new BEKs, for when a DEK may be known to others. The plaintext exists only in the
/// activities' buffers; the new ciphertext replaces the old with one conditional block list. A blob of one segment is one activity.
/// </summary>
public sealed class ReencryptBlobOrchestration : Orchestration<ReencryptBlobInput, ReencryptBlobResult>
{
    /// <summary>The name it is started by.</summary>
    public const string Name = "ReencryptBlob";

    /// <summary>How often a blob is planned anew because somebody else wrote it meanwhile.</summary>
    private const int MaxPlans = 5;

    /// <inheritdoc/>
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
                var begun = await context.CallActivityAsync<ReencryptionBegun>(
                    BeginReencryption.Name, new BeginReencryptionInput(context.InstanceId, blobId, input), RetryPolicy.Default);
                return begun.Result ?? await FanOutAsync(context, begun.Plan!);
            }
            catch (ConcurrentWriteException) when (attempt < MaxPlans)
            {
                // Rewrapped or replaced meanwhile: plan again from what is there now.
            }
        }
    }

    private static async Task<ReencryptBlobResult> FanOutAsync(IOrchestrationContext context, ReencryptionPlan plan)
    {
        var segmentLength = (long)plan.ChunksPerSegment * plan.ChunkSizeInBytes;
        void Report(string stage, int segments) =>
            context.SetStatus(new EncryptBlobProgress(stage, Math.Min(plan.PlaintextLength, segments * segmentLength), plan.PlaintextLength));

        Report("encrypting anew", 0);
        var running = new List<Task<SegmentResult>>();
        for (var segment = 0; segment < plan.Segments; segment++)
        {
            running.Add(context.CallActivityAsync<SegmentResult>(ReencryptSegment.Name, new ReencryptSegmentInput(plan, segment), RetryPolicy.Default));
        }

        var results = new List<SegmentResult>(plan.Segments);
        while (running.Count > 0)
        {
            var done = await Task.WhenAny(running);
            running.Remove(done);
            results.Add(await done);
            Report("encrypting anew", results.Count);
        }

        Report("replacing the old ciphertext", plan.Segments);
        return await context.CallActivityAsync<ReencryptBlobResult>(
            CommitReencryption.Name, new CommitReencryptionInput(plan, [.. results.OrderBy(result => result.Segment)]), RetryPolicy.Default);
    }
}
