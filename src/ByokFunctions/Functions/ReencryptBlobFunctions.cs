using Byok.Client.Writing;
using Byok.Pipeline.ReencryptBlob;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>ReencryptBlob and its activities, by name.</summary>
public sealed class ReencryptBlobFunctions(BeginReencryption beginReencryption, ReencryptSegment reencryptSegment, CommitReencryption commitReencryption)
{
    [Function(ReencryptBlobOrchestration.Name)]
    public static Task<ReencryptBlobResult> ReencryptBlobAsync([OrchestrationTrigger] TaskOrchestrationContext context, ReencryptBlobInput input) =>
        new ReencryptBlobOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(BeginReencryption.Name)]
    public Task<BeginReencryptionResult> BeginReencryptionAsync([ActivityTrigger] BeginReencryptionInput input, CancellationToken cancellationToken) =>
        beginReencryption.RunAsync(input, cancellationToken);

    [Function(ReencryptSegment.Name)]
    public Task<SegmentResult> ReencryptSegmentAsync([ActivityTrigger] ReencryptSegmentInput input, CancellationToken cancellationToken) =>
        reencryptSegment.RunAsync(input, cancellationToken);

    [Function(CommitReencryption.Name)]
    public Task<ReencryptBlobResult> CommitReencryptionAsync([ActivityTrigger] CommitReencryptionInput input, CancellationToken cancellationToken) =>
        commitReencryption.RunAsync(input, cancellationToken);
}
