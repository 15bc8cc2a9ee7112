using Byok.Pipeline.RotateKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>RotateKey and its activities, by name.</summary>
public sealed class RotateKeyFunctions(
    BeginRotation beginRotation, RetireOldVersions retireOldVersions, CountBlobs countBlobs, RewrapPage rewrapPage,
    RecordProof recordProof, ResumeRotation resumeRotation, ReleaseClaim releaseClaim)
{
    [Function(RotateKeyOrchestration.Name)]
    public static Task<RotateKeyResult> RotateKeyAsync([OrchestrationTrigger] TaskOrchestrationContext context, RotateKeyInput input) =>
        new RotateKeyOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(BeginRotation.Name)]
    public Task<BeginRotationResult> BeginRotationAsync([ActivityTrigger] BeginRotationInput input, CancellationToken cancellationToken) =>
        beginRotation.RunAsync(input, cancellationToken);

    [Function(RetireOldVersions.Name)]
    public Task<RetireOldVersionsResult> RetireOldVersionsAsync([ActivityTrigger] RetireOldVersionsInput input, CancellationToken cancellationToken) =>
        retireOldVersions.RunAsync(input, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(CountBlobs.Name)]
    public Task<long> CountBlobsAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        countBlobs.RunAsync(null, cancellationToken);

    [Function(RewrapPage.Name)]
    public Task<RewrapPageResult> RewrapPageAsync([ActivityTrigger] RewrapPageInput input, CancellationToken cancellationToken) =>
        rewrapPage.RunAsync(input, cancellationToken);

    [Function(RecordProof.Name)]
    public Task<bool> RecordProofAsync([ActivityTrigger] RecordProofInput input, CancellationToken cancellationToken) =>
        recordProof.RunAsync(input, cancellationToken);

    [Function(ResumeRotation.Name)]
    public Task<ResumeRotationResult> ResumeRotationAsync([ActivityTrigger] string input, CancellationToken cancellationToken) =>
        resumeRotation.RunAsync(input, cancellationToken);

    [Function(ReleaseClaim.Name)]
    public Task<bool> ReleaseClaimAsync([ActivityTrigger] ReleaseClaimInput input, CancellationToken cancellationToken) =>
        releaseClaim.RunAsync(input, cancellationToken);
}
