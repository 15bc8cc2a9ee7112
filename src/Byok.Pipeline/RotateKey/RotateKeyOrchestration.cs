using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.Keys;
using Byok.Pipeline.MoveBlobs;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Replaces a key's version: brings the new master key, which takes every pinned branch with it, retires the old versions, waits out the cache and grace time, and
/// disables an old version only when every pinned branch unwraps under another. It looks at no blob, unless their data is to be encrypted anew.
/// </summary>
public sealed class RotateKeyOrchestration : Orchestration<RotateKeyInput, RotateKeyResult>
{
    public const string Name = "RotateKey";

    public override async Task<RotateKeyResult> RunAsync(IOrchestrationContext context, RotateKeyInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            var state = input.State ?? await BeginAsync(context, input);
            if (input.Deep)
            {
                var scope = new MoveScope { KeyName = input.KeyName, Before = state.TargetId, Deep = true };
                var begun = state.Move ?? await BlobMover.BeginAsync(context, scope, state.Terms.PageSize, state.RetiredOn + state.Terms.KeyCacheTime);
                var (move, isProved) = await BlobMover.RunAsync(context, begun);
                state = state with { Move = move };
                if (!isProved)
                {
                    context.ContinueAsNew(input with { State = state });
                    return Result(context, state, new DisabledVersions([], []));
                }
            }

            return await DisableAsync(context, input, state);
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

    private static async Task<RotationState> BeginAsync(IOrchestrationContext context, RotateKeyInput input)
    {
        SetStage(context, "bringing the new key");
        var startedOn = context.CurrentTime;
        var begun = await context.CallActivityAsync<BeginRotationResult>(
            BeginRotation.Name, new BeginRotationInput(context.InstanceId, startedOn, input), BringKeyRetries.Patient);
        var (targetId, thumbprint) = (begun.TargetId, begun.TargetThumbprint);
        if (targetId is null)
        {
            // A bring that failed has used up its KEK, so a repeated rotation needs a new operation id for it.
            var bring = new BringKeyInput { KeyName = input.KeyName, KeyLabel = begun.KeyLabel!, GenerateSizeInBits = begun.GenerateSizeInBits, IsPartOfAnother = true };
            var brought = await context.CallSubOrchestrationAsync<BringKeyResult>(
                BringKeyOrchestration.Name, bring, OperationId.BringWithin(context.InstanceId, startedOn));
            (targetId, thumbprint) = (brought.KeyId, brought.Thumbprint);
        }

        var old = await context.CallActivityAsync<RetireOldVersionsResult>(
            RetireOldVersions.Name, new RetireOldVersionsInput(context.InstanceId, targetId), RetryPolicy.Default);
        return new RotationState(targetId, thumbprint!, old.Ids, old.Branches, begun.Terms, startedOn, context.CurrentTime, Move: null);
    }

    private static async Task<RotateKeyResult> DisableAsync(IOrchestrationContext context, RotateKeyInput input, RotationState state)
    {
        // Another operation may run from here on. This one then only disables what is not needed by then.
        await ReleaseAsync(context, input);
        var (cache, grace) = (state.Terms.KeyCacheTime, state.Terms.GracePeriod);
        var until = state.Move is null ? state.RetiredOn + cache : context.CurrentTime;
        until = grace > TimeSpan.Zero && context.CurrentTime + grace is var end && end > until ? end : until;
        if (context.CurrentTime < until)
        {
            SetStage(context, $"the new version is in use; the old one is disabled after {until:yyyy-MM-dd HH:mm:ss} UTC");
            await context.CreateTimerAsync(until, CancellationToken.None);
        }

        var disabled = await context.CallActivityAsync<DisabledVersions>(
            DisableOldVersions.Name, new DisableOldInput(context.InstanceId, input.KeyName, state.OldVersions), RetryPolicy.Default);
        return Result(context, state, disabled);
    }

    private static Task ReleaseAsync(IOrchestrationContext context, RotateKeyInput input) =>
        context.CallActivityAsync<bool>(ReleaseClaim.Name, new ReleaseClaimInput(context.InstanceId, input.KeyName), RetryPolicy.Default);

    private static RotateKeyResult Result(IOrchestrationContext context, RotationState state, DisabledVersions disabled) => new(
        state.TargetId, state.TargetThumbprint, state.Branches, state.Move?.Moved ?? 0, disabled.Disabled, disabled.Kept,
        state.Move?.Left ?? 0, state.Move?.Unmovable ?? [], state.StartedOn, context.CurrentTime);

    private static void SetStage(IOrchestrationContext context, string stage) => context.SetStatus(new MoveProgress(stage, 0, 0, 0, 0, null));
}
