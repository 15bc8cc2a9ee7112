using Byok.Pipeline;
using Byok.Pipeline.RestoreKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>RestoreKey and its activities, by name.</summary>
public sealed class RestoreKeyFunctions(PipelineCatalog pipeline)
{
    [Function(RestoreKeyOrchestration.Name)]
    public static Task<RestoreKeyResult> RestoreKeyAsync([OrchestrationTrigger] TaskOrchestrationContext context, RestoreKeyInput input) =>
        new RestoreKeyOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(PlanRestore.Name)]
    public Task<PlanRestoreResult> PlanRestoreAsync([ActivityTrigger] PlanRestoreInput input, CancellationToken cancellationToken) =>
        pipeline.PlanRestore.RunAsync(input, cancellationToken);

    [Function(ReinstateKey.Name)]
    public Task<Reinstated> ReinstateKeyAsync([ActivityTrigger] ReinstateKeyInput input, CancellationToken cancellationToken) =>
        pipeline.ReinstateKey.RunAsync(input, cancellationToken);

    [Function(ProbeRestored.Name)]
    public Task<ProbeRestoredResult> ProbeRestoredAsync([ActivityTrigger] ProbeRestoredInput input, CancellationToken cancellationToken) =>
        pipeline.ProbeRestored.RunAsync(input, cancellationToken);
}
