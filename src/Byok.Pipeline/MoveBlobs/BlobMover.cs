using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.ReencryptBlob;

namespace Byok.Pipeline.MoveBlobs;

/// <summary>
/// Moves a key's blobs to its current branch, page by page, and passes over everything again until a pass that no cached pins can have slipped by finds nothing.
/// Part of the orchestration that calls it.
/// </summary>
internal static class BlobMover
{
    /// <summary>Pages of one run; the history begins anew after them.</summary>
    internal const int PagesPerRun = 20;

    /// <summary>Passes after which a move gives up because writers keep using what was current before.</summary>
    private const int MaxPasses = 20;

    /// <summary>Blobs that are encrypted anew at once.</summary>
    private const int DeepFanOut = 8;

    /// <summary>Counts the blobs, and begins.</summary>
    public static async Task<MoveState> BeginAsync(IOrchestrationContext context, MoveScope scope, int pageSize, DateTimeOffset proofFrom)
    {
        context.SetStatus(new MoveProgress("counting the blobs", 0, 0, 0, 0, null));
        var total = await context.CallActivityAsync<long>(CountBlobs.Name, null, RetryPolicy.Default);
        return new MoveState { Scope = scope, PageSize = pageSize, ProofFrom = proofFrom, TotalBlobs = total, Pass = 1, PassStartedOn = context.CurrentTime };
    }

    /// <summary>Moves as many pages as one run may.</summary>
    /// <returns>How far it is, and whether nothing is left that can be moved.</returns>
    public static async Task<(MoveState State, bool IsProved)> RunAsync(IOrchestrationContext context, MoveState state)
    {
        for (var page = 0; page < PagesPerRun; page++)
        {
            Report(context, state);
            state = state.After(await PageAsync(context, state));
            Report(context, state);
            if (state.ContinuationToken is not null)
            {
                continue;
            }

            if (state.IsProof)
            {
                return (state, true);
            }

            state = await NextPassAsync(context, state);
        }

        return (state, false);
    }

    private static async Task<RewrapPageResult> PageAsync(IOrchestrationContext context, MoveState state)
    {
        var page = await context.CallActivityAsync<RewrapPageResult>(
            RewrapPage.Name,
            new RewrapPageInput { OperationId = context.InstanceId, Scope = state.Scope, ContinuationToken = state.ContinuationToken, PageSize = state.PageSize },
            RetryPolicy.Default);
        foreach (var names in page.ToReencrypt.Chunk(DeepFanOut))
        {
            var running = names.Select(name => ReencryptAsync(context, name, state)).ToList();
            foreach (var left in await Task.WhenAll(running))
            {
                page = left is null ? page with { Moved = page.Moved + 1, MovedSoFar = page.MovedSoFar + 1 } : page.WithUnmovable(left);
            }
        }

        return page;
    }

    /// <returns>Null when the blob is done; else why it could not be encrypted anew.</returns>
    private static async Task<UnmovableBlob?> ReencryptAsync(IOrchestrationContext context, string blob, MoveState state)
    {
        try
        {
            await context.CallSubOrchestrationAsync<ReencryptBlobResult>(
                ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = blob, Scope = state.Scope, OperationId = context.InstanceId });
            return null;
        }
        catch (BlobNotFoundException)
        {
            return null; // deleted meanwhile
        }
        catch (PermanentByokException exception) when (Unmovable.ReasonOf(exception) is { } reason)
        {
            return new UnmovableBlob(blob, reason, exception.Message);
        }
    }

    private static async Task<MoveState> NextPassAsync(IOrchestrationContext context, MoveState state)
    {
        if (state.Pass >= MaxPasses)
        {
            throw new ConflictException(
                $"After {MaxPasses} passes blobs of '{state.Scope.KeyName}' are still written under what was current before; stop the writer that uses it, then try again. Nothing was retired.");
        }

        if (context.CurrentTime < state.ProofFrom)
        {
            context.SetStatus(new MoveProgress("waiting until no writer has the old pins cached", state.Pass, state.Scanned, 0, 0, null));
            await context.CreateTimerAsync(state.ProofFrom, CancellationToken.None);
        }

        return state.NextPass(context.CurrentTime);
    }

    private static void Report(IOrchestrationContext context, MoveState state)
    {
        var seconds = (context.CurrentTime - state.PassStartedOn).TotalSeconds;
        var rate = seconds > 0 ? state.Scanned / seconds : 0;
        var left = state switch
        {
            { Scanned: 0 } => state.TotalBlobs,
            { ContinuationToken: null } => 0,
            _ => Math.Max(1, state.TotalBlobs - state.Scanned),
        };
        var stage = state.Pass > 1 ? "proving that nothing is left" : state.Scope.Deep ? "encrypting anew" : "sealing DEKs anew";
        context.SetStatus(new MoveProgress(stage, state.Pass, state.Scanned, left, rate, rate > 0 ? left / rate : null));
    }
}
