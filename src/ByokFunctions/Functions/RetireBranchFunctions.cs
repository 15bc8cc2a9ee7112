using Byok.Core.Branches;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RetireBranch;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>RetireBranch and its activities, by name.</summary>
public sealed class RetireBranchFunctions(
    BeginRetirement beginRetirement, SealBranch sealBranch, UnpinBranch unpinBranch, CountBlobs countBlobs, RewrapPage rewrapPage)
{
    [Function(RetireBranchOrchestration.Name)]
    public static Task<RetireBranchResult> RetireBranchAsync([OrchestrationTrigger] TaskOrchestrationContext context, RetireBranchInput input) =>
        new RetireBranchOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(BeginRetirement.Name)]
    public Task<RetirementBegun> BeginRetirementAsync([ActivityTrigger] BeginRetirementInput input, CancellationToken cancellationToken) =>
        beginRetirement.RunAsync(input, cancellationToken);

    [Function(SealBranch.Name)]
    public Task<BranchName> SealBranchAsync([ActivityTrigger] SealInput input, CancellationToken cancellationToken) =>
        sealBranch.RunAsync(input, cancellationToken);

    [Function(UnpinBranch.Name)]
    public Task<bool> UnpinBranchAsync([ActivityTrigger] UnpinInput input, CancellationToken cancellationToken) =>
        unpinBranch.RunAsync(input, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(CountBlobs.Name)]
    public Task<long> CountBlobsAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        countBlobs.RunAsync(null, cancellationToken);

    [Function(RewrapPage.Name)]
    public Task<RewrapPageResult> RewrapPageAsync([ActivityTrigger] RewrapPageInput input, CancellationToken cancellationToken) =>
        rewrapPage.RunAsync(input, cancellationToken);
}
