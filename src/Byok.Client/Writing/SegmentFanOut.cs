using Byok.Core.Orchestration;

namespace Byok.Client.Writing;

/// <summary>Fans a blob's segments out, one activity each, and reports the bytes done as they end.</summary>
internal static class SegmentFanOut
{
    /// <summary>Runs one activity for each segment.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="plan">The blob's plan.</param>
    /// <param name="activity">The activity's name.</param>
    /// <param name="inputOf">Its input for a segment.</param>
    /// <param name="stage">What is being done, for the progress.</param>
    /// <returns>All segments, in order.</returns>
    public static async Task<IReadOnlyList<SegmentResult>> RunAsync(
        IOrchestrationContext context, EnvelopePlan plan, string activity, Func<int, object> inputOf, string stage)
    {
        var segmentLength = (long)plan.ChunksPerSegment * plan.ChunkSizeInBytes;
        var progress = new WriteProgress(stage, 0, plan.PlaintextLength);
        context.SetStatus(progress);
        var running = new List<Task<SegmentResult>>();
        var segments = plan.Segments;
        for (var segment = 0; segment < segments; segment++)
        {
            running.Add(context.CallActivityAsync<SegmentResult>(activity, inputOf(segment), RetryPolicy.Default));
        }

        var results = new List<SegmentResult>(segments);
        while (running.Count > 0)
        {
            var done = await Task.WhenAny(running);
            running.Remove(done);
            results.Add(await done);
            context.SetStatus(progress with { BytesDone = Math.Min(plan.PlaintextLength, results.Count * segmentLength) });
        }

        return [.. results.OrderBy(result => result.Segment)];
    }
}
