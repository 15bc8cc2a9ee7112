using Byok.Pipeline.RestoreKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>RestoreKey and its activities, by name.</summary>
public sealed class RestoreKeyFunctions(PlanRestore planRestore, ReinstateKey reinstateKey, ProbeRestored probeRestored)
{
    [Function(RestoreKeyOrchestration.Name)]
    public static Task<RestoreKeyResult> RestoreKeyAsync([OrchestrationTrigger] TaskOrchestrationContext context, RestoreKeyInput input) =>
        new RestoreKeyOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(PlanRestore.Name)]
    public Task<PlanRestoreResult> PlanRestoreAsync([ActivityTrigger] PlanRestoreInput input, CancellationToken cancellationToken) =>
        planRestore.RunAsync(input, cancellationToken);

    [Function(ReinstateKey.Name)]
    public Task<Reinstated> ReinstateKeyAsync([ActivityTrigger] ReinstateKeyInput input, CancellationToken cancellationToken) =>
        reinstateKey.RunAsync(input, cancellationToken);

    [Function(ProbeRestored.Name)]
    public Task<ProbeRestoredResult> ProbeRestoredAsync([ActivityTrigger] ProbeRestoredInput input, CancellationToken cancellationToken) =>
        probeRestored.RunAsync(input, cancellationToken);
}
