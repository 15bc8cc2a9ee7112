using Byok.Pipeline.Keys;
using Byok.Pipeline.RotateKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>RotateKey and its activities, by name.</summary>
public sealed class RotateKeyFunctions(
    BeginRotation beginRotation, RetireOldVersions retireOldVersions, DisableOldVersions disableOldVersions, ReleaseClaim releaseClaim)
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

    [Function(DisableOldVersions.Name)]
    public Task<DisabledVersions> DisableOldVersionsAsync([ActivityTrigger] DisableOldInput input, CancellationToken cancellationToken) =>
        disableOldVersions.RunAsync(input, cancellationToken);

    [Function(ReleaseClaim.Name)]
    public Task<bool> ReleaseClaimAsync([ActivityTrigger] ReleaseClaimInput input, CancellationToken cancellationToken) =>
        releaseClaim.RunAsync(input, cancellationToken);
}
