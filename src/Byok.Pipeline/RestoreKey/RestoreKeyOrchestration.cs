using Byok.Core.Errors;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.RevokeKey;

namespace Byok.Pipeline.RestoreKey;

/// <summary>
/// Gives a revoked key back: enables it, recovers it, or, after a purge, brings the same master key from the HSM again. Wrappings name their key
/// by thumbprint too, so blobs are readable at once, although the old version id is gone. Pins that the vault lost come from the ledger.
/// </summary>
public sealed class RestoreKeyOrchestration : Orchestration<RestoreKeyInput, RestoreKeyResult>
{
    public const string Name = "RestoreKey";

    /// <summary>Proofs after which the vault is said not to obey: with the waits below about a quarter of an hour.</summary>
    private const int MaxProbes = 30;

    /// <summary>Few: what an earlier revocation took away meanwhile has to be enabled again, not waited for.</summary>
    private static readonly RetryPolicy ProofRetries = new(2, TimeSpan.FromSeconds(1), 1, TimeSpan.FromSeconds(1));

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public override async Task<RestoreKeyResult> RunAsync(IOrchestrationContext context, RestoreKeyInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            return await RestoreAsync(context, input);
        }
        catch (OverruledException exception)
        {
            await context.CallActivityAsync<bool>(
                RecordRevocation.Name, RecordRevocationInput.Of(LedgerEvents.RestoreOverruled(context.InstanceId, input.KeyName, exception.Message)), RetryPolicy.Default);
            throw;
        }
    }

    private static async Task<RestoreKeyResult> RestoreAsync(IOrchestrationContext context, RestoreKeyInput input)
    {
        context.SetStatus(new RestoreKeyProgress("finding out how the key is revoked"));
        var startedOn = context.CurrentTime;
        var found = await context.CallActivityAsync<PlanRestoreResult>(
            PlanRestore.Name, new PlanRestoreInput(context.InstanceId, input.KeyName, input.OrderedOn), BringKeyRetries.Patient);
        for (var number = 0; number < found.ToBring.Count; number++)
        {
            var key = found.ToBring[number];
            context.SetStatus(new RestoreKeyProgress($"bringing '{key.Label}' again"));
            var bring = new BringKeyInput { KeyName = input.KeyName, KeyLabel = key.Label, ExpectedThumbprint = key.Thumbprint, Restores = found.Order };
            await context.CallSubOrchestrationAsync<BringKeyResult>(
                BringKeyOrchestration.Name, bring, OperationId.BringWithin(context.InstanceId, startedOn, number));
        }

        var (reinstated, probe) = await GiveBackAsync(context, input, found);
        return new RestoreKeyResult(
            input.KeyName, found.State, reinstated.Versions, found.Missing, probe.Branches, probe.Unreadable, found.State == Revocation.Purged || reinstated.ArePinsRecorded);
    }

    /// <summary>
    /// Enables and proves until the vault unwraps: its nodes do not all learn at once that a key is back, and a revocation that was asked for earlier may
    /// have disabled it once more before it saw this restore.
    /// </summary>
    private static async Task<(Reinstated Reinstated, ProbeRestoredResult Probe)> GiveBackAsync(IOrchestrationContext context, RestoreKeyInput input, PlanRestoreResult found)
    {
        var wait = FirstWait;
        for (var attempt = 1; ; attempt++)
        {
            context.SetStatus(new RestoreKeyProgress(found.State == Revocation.Deleted ? "recovering the key" : "enabling the key"));
            var reinstated = await context.CallActivityAsync<Reinstated>(
                ReinstateKey.Name, new ReinstateKeyInput(context.InstanceId, input.KeyName, found.Order), RetryPolicy.Default);
            context.SetStatus(new RestoreKeyProgress("probing that the vault unwraps"));
            try
            {
                var proof = new ProbeRestoredInput(context.InstanceId, input.KeyName, found.State, reinstated.Versions, found.Order);
                return (reinstated, await context.CallActivityAsync<ProbeRestoredResult>(ProbeRestored.Name, proof, ProofRetries));
            }
            catch (TransientByokException) when (attempt < MaxProbes)
            {
                await context.CreateTimerAsync(context.CurrentTime + wait, CancellationToken.None);
                wait = wait * 1.5 < LongestWait ? wait * 1.5 : LongestWait;
            }
        }
    }
}
