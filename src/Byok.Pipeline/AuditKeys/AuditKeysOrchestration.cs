using Byok.Core.Orchestration;
using Byok.Pipeline.MoveBlobs;

namespace Byok.Pipeline.AuditKeys;

/// <summary>
/// Looks at all keys, all protected blobs, the uploads and the ledger, changes nothing but that it confirms what dead operations left open, and writes a report. Pages through the blobs with
/// ContinueAsNew, so its history stays short whatever their number.
/// </summary>
public sealed class AuditKeysOrchestration : Orchestration<AuditKeysInput, AuditKeysResult>
{
    public const string Name = "AuditKeys";

    /// <summary>Pages of one run; the history begins anew after them.</summary>
    internal const int PagesPerRun = 20;

    public override async Task<AuditKeysResult> RunAsync(IOrchestrationContext context, AuditKeysInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        var state = input.State ?? await BeginAsync(context);
        for (var page = 0; page < PagesPerRun; page++)
        {
            if (!state.AreBlobsDone)
            {
                Report(context, "looking at blobs", state);
                state = state.After(await context.CallActivityAsync<AuditBlobsResult>(
                    AuditBlobs.Name, new AuditBlobsInput(state.ContinuationToken, input.ScrubPercent), RetryPolicy.Default));
                continue;
            }

            Report(context, "comparing blobs with the ledger", state);
            var compared = await context.CallActivityAsync<AuditChainsResult>(AuditChains.Name, state.ContinuationToken, RetryPolicy.Default);
            state = state with { ContinuationToken = compared.ContinuationToken, Findings = state.Findings.Plus(compared.Findings) };
            if (state.ContinuationToken is null)
            {
                return await EndAsync(context, state);
            }
        }

        context.ContinueAsNew(input with { State = state });
        return new AuditKeysResult(Verdict.Healthy, 0, 0, 0, state.Blobs, string.Empty);
    }

    private static async Task<AuditState> BeginAsync(IOrchestrationContext context)
    {
        context.SetStatus(new AuditProgress("looking at the vault", 0, 0, 0));
        var startedOn = context.CurrentTime;
        var vault = await context.CallActivityAsync<AuditVaultResult>(AuditVault.Name, null, RetryPolicy.Default);
        return new AuditState
        {
            StartedOn = startedOn,
            Vault = vault.Vault,
            Keys = vault.Keys,
            Findings = vault.Findings,
            TotalBlobs = await context.CallActivityAsync<long>(CountBlobs.Name, null, RetryPolicy.Default),
        };
    }

    private static async Task<AuditKeysResult> EndAsync(IOrchestrationContext context, AuditState state)
    {
        Report(context, "verifying the ledger", state);
        var ledger = await context.CallActivityAsync<AuditLedgerResult>(AuditLedger.Name, null, RetryPolicy.Default);
        Report(context, "looking for plaintext", state);
        var uploads = await context.CallActivityAsync<FindingTally>(AuditUploads.Name, null, RetryPolicy.Default);
        state = state with { Findings = state.Findings.Plus(ledger.Findings).Plus(uploads) };
        Report(context, "writing the report", state);
        return await context.CallActivityAsync<AuditKeysResult>(
            PublishAudit.Name, new PublishInput(context.InstanceId, state, ledger, context.CurrentTime), RetryPolicy.Default);
    }

    private static void Report(IOrchestrationContext context, string stage, AuditState state) =>
        context.SetStatus(new AuditProgress(stage, state.Blobs, Math.Max(state.TotalBlobs, state.Blobs), state.Findings.Counts.Values.Sum()));
}
