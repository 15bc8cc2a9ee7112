using Byok.Client.Writing;
using Byok.Pipeline;
using Byok.Pipeline.ReencryptBlob;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>ReencryptBlob and its activities, by name.</summary>
public sealed class ReencryptBlobFunctions(PipelineCatalog pipeline)
{
    [Function(ReencryptBlobOrchestration.Name)]
    public static Task<ReencryptBlobResult> ReencryptBlobAsync([OrchestrationTrigger] TaskOrchestrationContext context, ReencryptBlobInput input) =>
        new ReencryptBlobOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(BeginReencryption.Name)]
    public Task<BeginReencryptionResult> BeginReencryptionAsync([ActivityTrigger] BeginReencryptionInput input, CancellationToken cancellationToken) =>
        pipeline.BeginReencryption.RunAsync(input, cancellationToken);

    [Function(ReencryptSegment.Name)]
    public Task<SegmentResult> ReencryptSegmentAsync([ActivityTrigger] ReencryptSegmentInput input, CancellationToken cancellationToken) =>
        pipeline.ReencryptSegment.RunAsync(input, cancellationToken);

    [Function(CommitReencryption.Name)]
    public Task<ReencryptBlobResult> CommitReencryptionAsync([ActivityTrigger] CommitReencryptionInput input, CancellationToken cancellationToken) =>
        pipeline.CommitReencryption.RunAsync(input, cancellationToken);
}
