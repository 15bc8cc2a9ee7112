using Byok.Core.Branches;
using Byok.Pipeline;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RetireBranch;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>Retirements of branches on Durable Functions.</summary>
public sealed class RetireBranchFunctions(PipelineCatalog pipeline)
{
    [Function(RetireBranchOrchestration.Name)]
    public static Task<RetireBranchResult> RetireBranchAsync([OrchestrationTrigger] TaskOrchestrationContext context, RetireBranchInput input) =>
        new RetireBranchOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(BeginRetirement.Name)]
    public Task<RetirementBegun> BeginRetirementAsync([ActivityTrigger] BeginRetirementInput input, CancellationToken cancellationToken) =>
        pipeline.BeginRetirement.RunAsync(input, cancellationToken);

    [Function(SealBranch.Name)]
    public Task<BranchName> SealBranchAsync([ActivityTrigger] SealInput input, CancellationToken cancellationToken) =>
        pipeline.SealBranch.RunAsync(input, cancellationToken);

    [Function(UnpinBranch.Name)]
    public Task<bool> UnpinBranchAsync([ActivityTrigger] UnpinInput input, CancellationToken cancellationToken) =>
        pipeline.UnpinBranch.RunAsync(input, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(CountBlobs.Name)]
    public Task<long> CountBlobsAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        pipeline.CountBlobs.RunAsync(null, cancellationToken);

    [Function(RewrapPage.Name)]
    public Task<RewrapPageResult> RewrapPageAsync([ActivityTrigger] RewrapPageInput input, CancellationToken cancellationToken) =>
        pipeline.RewrapPage.RunAsync(input, cancellationToken);
}
