using Byok.Pipeline;
using Byok.Pipeline.RotateKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>RotateKey and its activities, by name.</summary>
public sealed class RotateKeyFunctions(PipelineCatalog pipeline)
{
    [Function(RotateKeyOrchestration.Name)]
    public static Task<RotateKeyResult> RotateKeyAsync([OrchestrationTrigger] TaskOrchestrationContext context, RotateKeyInput input) =>
        new RotateKeyOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(BeginRotation.Name)]
    public Task<RotationBegun> BeginRotationAsync([ActivityTrigger] BeginRotationInput input, CancellationToken cancellationToken) =>
        pipeline.BeginRotation.RunAsync(input, cancellationToken);

    [Function(RetireOldVersions.Name)]
    public Task<RetiredVersions> RetireOldVersionsAsync([ActivityTrigger] RetireInput input, CancellationToken cancellationToken) =>
        pipeline.RetireOldVersions.RunAsync(input, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(CountBlobs.Name)]
    public Task<long> CountBlobsAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        pipeline.CountBlobs.RunAsync(null, cancellationToken);

    [Function(RewrapPage.Name)]
    public Task<RewrapPageResult> RewrapPageAsync([ActivityTrigger] RewrapPageInput input, CancellationToken cancellationToken) =>
        pipeline.RewrapPage.RunAsync(input, cancellationToken);

    [Function(RecordProof.Name)]
    public Task<bool> RecordProofAsync([ActivityTrigger] ProofInput input, CancellationToken cancellationToken) =>
        pipeline.RecordProof.RunAsync(input, cancellationToken);

    [Function(ResumeRotation.Name)]
    public Task<RotationTarget> ResumeRotationAsync([ActivityTrigger] string input, CancellationToken cancellationToken) =>
        pipeline.ResumeRotation.RunAsync(input, cancellationToken);

    [Function(ReleaseClaim.Name)]
    public Task<bool> ReleaseClaimAsync([ActivityTrigger] ReleaseInput input, CancellationToken cancellationToken) =>
        pipeline.ReleaseClaim.RunAsync(input, cancellationToken);
}
