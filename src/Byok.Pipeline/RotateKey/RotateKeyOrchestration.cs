using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.ReencryptBlob;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Moves all blobs of a key to a new version: brings the new master key, retires the old versions, rewraps every DEK page by page, passes
/// over everything again until a pass that no cached key can have slipped by finds nothing, waits out the grace time, looks once more, and
/// only then disables what nothing needs. Whatever happens in between, every blob stays readable.
/// </summary>
public sealed class RotateKeyOrchestration : Orchestration<RotateKeyInput, RotateKeyResult>
{
    public const string Name = "RotateKey";

    /// <summary>Pages of one run; the history begins anew after them.</summary>
    internal const int PagesPerRun = 20;

    /// <summary>Passes after which a rotation gives up because writers keep using an old version.</summary>
    private const int MaxPasses = 20;

    /// <summary>Blobs that are encrypted anew at once.</summary>
    private const int DeepFanOut = 8;

    public override async Task<RotateKeyResult> RunAsync(IOrchestrationContext context, RotateKeyInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            var state = input.State ?? await BeginAsync(context, input);
            return await MoveAsync(context, input, state);
        }
        catch (ByokException)
        {
            try
            {
                await ReleaseAsync(context, input);
            }
            catch (ByokException)
            {
                // The first failure is the one to tell; a claim that is left behind is named to the next rotation, with what to do.
            }

            throw;
        }
    }

    private static async Task<RotationState> BeginAsync(IOrchestrationContext context, RotateKeyInput input)
    {
        context.SetStatus(new RotateKeyProgress("bringing the new key", 0, 0, 0, 0, null));
        var startedOn = context.CurrentTime;
        var begun = await context.CallActivityAsync<BeginRotationResult>(
            BeginRotation.Name, new BeginRotationInput(context.InstanceId, startedOn, input), BringKeyRetries.Patient);
        var (targetId, thumbprint) = (begun.TargetId, begun.TargetThumbprint);
        if (targetId is null)
        {
            var bring = new BringKeyInput { KeyName = input.KeyName, KeyLabel = begun.KeyLabel!, GenerateSizeInBits = begun.GenerateSizeInBits };
            var brought = await context.CallSubOrchestrationAsync<BringKeyResult>(
                BringKeyOrchestration.Name, bring, OperationId.BringWithin(context.InstanceId, startedOn));
            (targetId, thumbprint) = (brought.KeyId, brought.Thumbprint);
        }

        var old = await context.CallActivityAsync<RetireOldVersionsResult>(
            RetireOldVersions.Name, new RetireOldVersionsInput(context.InstanceId, targetId), RetryPolicy.Default);
        var retiredOn = context.CurrentTime;
        context.SetStatus(new RotateKeyProgress("counting the blobs", 0, 0, 0, 0, null));
        var total = await context.CallActivityAsync<long>(CountBlobs.Name, null, RetryPolicy.Default);
        return new RotationState
        {
            TargetId = targetId,
            TargetThumbprint = thumbprint!,
            OldVersions = old.Ids,
            Terms = begun.Terms,
            StartedOn = startedOn,
            RetiredOn = retiredOn,
            TotalBlobs = total,
            Pass = 1,
            PassStartedOn = context.CurrentTime,
        };
    }

    private static async Task<RotateKeyResult> MoveAsync(IOrchestrationContext context, RotateKeyInput input, RotationState state)
    {
        for (var page = 0; ; page++)
        {
            if (page == PagesPerRun)
            {
                context.ContinueAsNew(input with { State = state });
                return Result(context, state, []);
            }

            Report(context, input, state);
            state = state.After(await PageAsync(context, input, state));
            Report(context, input, state);
            if (state.ContinuationToken is not null)
            {
                continue;
            }

            if (!state.IsProof)
            {
                state = await NextPassAsync(context, state);
            }
            else if (!state.IsGraceOver && await WaitOutGraceAsync(context, input, state) is { } next)
            {
                state = next;
            }
            else
            {
                return await DisableAsync(context, state);
            }
        }
    }

    private static async Task<RewrapPageResult> PageAsync(IOrchestrationContext context, RotateKeyInput input, RotationState state)
    {
        var page = await context.CallActivityAsync<RewrapPageResult>(
            RewrapPage.Name,
            new RewrapPageInput
            {
                OperationId = context.InstanceId,
                KeyName = input.KeyName,
                TargetId = state.TargetId,
                OnlyFrom = state.IsGraceOver ? state.OldVersions : null,
                ContinuationToken = state.ContinuationToken,
                PageSize = state.Terms.PageSize,
                Deep = input.Deep,
            },
            RetryPolicy.Default);
        foreach (var names in page.ToReencrypt.Chunk(DeepFanOut))
        {
            var running = names.Select(name => ReencryptAsync(context, name, state)).ToList();
            foreach (var moved in await Task.WhenAll(running))
            {
                page = moved is null ? page with { Moved = page.Moved + 1, MovedSoFar = page.MovedSoFar + 1 } : page.WithUnmovable(moved.Blob, moved.KeyId);
            }
        }

        return page;
    }

    /// <returns>Null when the blob is done; else why it could not be encrypted anew.</returns>
    private static async Task<LeftBlob?> ReencryptAsync(IOrchestrationContext context, BlobToReencrypt blob, RotationState state)
    {
        try
        {
            await context.CallSubOrchestrationAsync<ReencryptBlobResult>(
                ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = blob.Name, KeyId = state.TargetId, OperationId = context.InstanceId });
            return null;
        }
        catch (BlobNotFoundException)
        {
            return null; // deleted meanwhile
        }
        catch (PermanentByokException exception) when (Unmovable.ReasonOf(exception) is { } reason)
        {
            return new LeftBlob(new UnmovableBlob(blob.Name, reason, exception.Message), blob.KeyId);
        }
    }

    private static async Task<RotationState> NextPassAsync(IOrchestrationContext context, RotationState state)
    {
        if (state.Pass >= MaxPasses)
        {
            throw new ConflictException(
                $"After {MaxPasses} passes blobs are still written under an old version of '{state.TargetId.Name}'; stop the writer that uses it, then rotate again. The old versions stay enabled.");
        }

        if (context.CurrentTime < state.ProofFrom)
        {
            context.SetStatus(new RotateKeyProgress("waiting until no writer has the old key cached", state.Pass, state.Scanned, 0, 0, null));
            await context.CreateTimerAsync(state.ProofFrom, CancellationToken.None);
        }

        return state.NextPass(context.CurrentTime);
    }

    /// <returns>The state of the pass after the grace time; null when there is none and the old versions may be disabled at once.</returns>
    private static async Task<RotationState?> WaitOutGraceAsync(IOrchestrationContext context, RotateKeyInput input, RotationState state)
    {
        await context.CallActivityAsync<bool>(
            RecordProof.Name, new RecordProofInput(context.InstanceId, state.TargetId, state.Pass, state.Scanned, state.Moved, state.Left), RetryPolicy.Default);
        if (state.Terms.GracePeriod <= TimeSpan.Zero)
        {
            return null;
        }

        // Another rotation may run from here on. This one then only moves what is still on its own old versions, to the version that is current by then.
        await ReleaseAsync(context, input);
        var until = context.CurrentTime + state.Terms.GracePeriod;
        context.SetStatus(new RotateKeyProgress($"moved; the old version is disabled after {until:yyyy-MM-dd HH:mm} UTC", state.Pass, state.Scanned, 0, 0, null));
        await context.CreateTimerAsync(until, CancellationToken.None);
        var current = await context.CallActivityAsync<ResumeRotationResult>(ResumeRotation.Name, state.TargetId.Name, RetryPolicy.Default);
        return state.NextPass(context.CurrentTime) with { TargetId = current.Id, TargetThumbprint = current.Thumbprint, IsGraceOver = true };
    }

    private static async Task<RotateKeyResult> DisableAsync(IOrchestrationContext context, RotationState state)
    {
        var disabled = new List<KeyIdentifier>();
        var isSomeUnknown = state.LeftByVersion.ContainsKey(string.Empty);
        foreach (var version in state.OldVersions.Where(version => !isSomeUnknown && !state.LeftByVersion.ContainsKey(version.ToString())))
        {
            if (version != state.TargetId)
            {
                await context.CallActivityAsync<bool>(DisableKeyVersion.Name, new DisableKeyVersionInput(version, context.InstanceId), RetryPolicy.Default);
                disabled.Add(version);
            }
        }

        await context.CallActivityAsync<bool>(ReleaseClaim.Name, new ReleaseClaimInput(context.InstanceId, state.TargetId.Name), RetryPolicy.Default);
        return Result(context, state, disabled);
    }

    private static Task ReleaseAsync(IOrchestrationContext context, RotateKeyInput input) =>
        context.CallActivityAsync<bool>(ReleaseClaim.Name, new ReleaseClaimInput(context.InstanceId, input.KeyName), RetryPolicy.Default);

    private static RotateKeyResult Result(IOrchestrationContext context, RotationState state, List<KeyIdentifier> disabled) => new(
        state.TargetId, state.TargetThumbprint, state.Moved, state.Pass, disabled, [.. state.OldVersions.Except(disabled)],
        state.Left, state.Unmovable, state.StartedOn, context.CurrentTime);

    private static void Report(IOrchestrationContext context, RotateKeyInput input, RotationState state)
    {
        var seconds = (context.CurrentTime - state.PassStartedOn).TotalSeconds;
        var rate = seconds > 0 ? state.Scanned / seconds : 0;
        var left = state switch
        {
            { Scanned: 0 } => state.TotalBlobs,
            { ContinuationToken: null } => 0,
            _ => Math.Max(1, state.TotalBlobs - state.Scanned),
        };
        var stage = state switch
        {
            { Pass: 1 } => input.Deep ? "encrypting anew" : "rewrapping",
            { IsGraceOver: true } => "looking once more before the old version is disabled",
            _ => "proving that nothing is left on the old version",
        };
        context.SetStatus(new RotateKeyProgress(stage, state.Pass, state.Scanned, left, rate, rate > 0 ? left / rate : null));
    }

    private sealed record LeftBlob(UnmovableBlob Blob, string KeyId);
}
