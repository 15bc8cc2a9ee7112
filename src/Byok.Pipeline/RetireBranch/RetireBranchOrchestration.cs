using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.Keys;
using Byok.Pipeline.MoveBlobs;

namespace Byok.Pipeline.RetireBranch;

/// <summary>
/// Takes a branch out of use: seals it, makes another one current, waits until no writer can have the old pins cached, seals the DEKs of its blobs anew page by page
/// until a whole pass finds nothing left, and only then unpins it. Blobs that cannot be moved keep it sealed. Every blob stays readable meanwhile.
/// </summary>
public sealed class RetireBranchOrchestration : Orchestration<RetireBranchInput, RetireBranchResult>
{
    public const string Name = "RetireBranch";

    public override async Task<RetireBranchResult> RunAsync(IOrchestrationContext context, RetireBranchInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            var state = input.State ?? await BeginAsync(context, input);
            var (move, isProved) = await BlobMover.RunAsync(context, state.Move);
            state = state with { Move = move };
            if (!isProved)
            {
                context.ContinueAsNew(input with { State = state });
                return Result(context, input, state, isRetired: false);
            }

            var isRetired = move.Left == 0;
            if (isRetired)
            {
                await context.CallActivityAsync<bool>(UnpinBranch.Name, new UnpinInput(context.InstanceId, input.KeyName, state.Branch, move.Moved, move.Pass), RetryPolicy.Default);
            }

            await ReleaseAsync(context, input);
            return Result(context, input, state, isRetired);
        }
        catch (ByokException)
        {
            try
            {
                await ReleaseAsync(context, input);
            }
            catch (ByokException)
            {
                // The first failure is the one to tell; a claim that is left behind is named to the next operation, with what to do.
            }

            throw;
        }
    }

    private static async Task<RetirementState> BeginAsync(IOrchestrationContext context, RetireBranchInput input)
    {
        context.SetStatus(new MoveProgress("sealing the branch", 0, 0, 0, 0, null));
        var startedOn = context.CurrentTime;

        // Which branch is meant is decided once: after it is sealed, another one is the current one.
        var begun = await context.CallActivityAsync<RetirementBegun>(BeginRetirement.Name, new BeginRetirementInput(context.InstanceId, input.KeyName, input.Branch), RetryPolicy.Default);
        var current = await context.CallActivityAsync<BranchName>(SealBranch.Name, new SealInput(context.InstanceId, input.KeyName, begun.Branch), RetryPolicy.Default);

        // A writer may look at pins that old, and its commit may be on its way for as long again.
        var proofFrom = context.CurrentTime + (2 * begun.KeyCacheTime);
        if (begun.KeyCacheTime > TimeSpan.Zero)
        {
            context.SetStatus(new MoveProgress("waiting until no writer has the old pins cached", 0, 0, 0, 0, null));
            await context.CreateTimerAsync(proofFrom, CancellationToken.None);
        }

        var scope = new MoveScope { KeyName = input.KeyName, From = begun.Branch, Deep = input.Deep };
        return new RetirementState(begun.Branch, current, startedOn, await BlobMover.BeginAsync(context, scope, begun.PageSize, proofFrom));
    }

    private static Task ReleaseAsync(IOrchestrationContext context, RetireBranchInput input) =>
        context.CallActivityAsync<bool>(ReleaseClaim.Name, new ReleaseClaimInput(context.InstanceId, input.KeyName), RetryPolicy.Default);

    private static RetireBranchResult Result(IOrchestrationContext context, RetireBranchInput input, RetirementState state, bool isRetired) => new(
        input.KeyName, state.Branch, state.Current, isRetired, input.Deep, state.Move.Moved, state.Move.Pass, state.Move.Left, state.Move.Unmovable, state.StartedOn, context.CurrentTime);
}
