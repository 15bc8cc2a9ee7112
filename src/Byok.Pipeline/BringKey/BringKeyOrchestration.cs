using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>
/// Brings a master key from the HSM into the vault: one-shot KEK, approvals, export by the agent, import, proof that the vault's key
/// is the HSM's key, and only then in use. The KEK is retired whatever happens; a version that fails its proof is disabled.
/// </summary>
public sealed class BringKeyOrchestration : Orchestration<BringKeyInput, BringKeyResult>
{
    /// <summary>The name it is started by.</summary>
    public const string Name = "BringKey";

    /// <summary>The external event that carries an approval (compact JWS).</summary>
    public const string ApprovalEvent = "Approval";

    /// <summary>The stage in which approvals are waited for.</summary>
    public const string WaitingForApprovals = "waiting for approvals";

    /// <inheritdoc/>
    public override async Task<BringKeyResult> RunAsync(IOrchestrationContext context, BringKeyInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        var plan = await context.CallActivityAsync<BringKeyPlan>(PrepareMasterKey.Name, input, BringKeyRetries.Patient);
        var kek = await context.CallActivityAsync<KekCreated>(
            CreateKeyExchangeKey.Name, new CreateKekInput(context.InstanceId, context.CurrentTime + plan.KekLifetime), RetryPolicy.Default);
        ByokException? failure = null;
        BringKeyResult? result = null;
        try
        {
            result = await CrossAsync(context, input, plan, kek);
        }
        catch (ByokException exception)
        {
            failure = exception;
        }

        SetStage(context, plan, "retiring the KEK", null, 0);
        await context.CallActivityAsync<bool>(RetireKeyExchangeKey.Name, new RetireKekInput(kek.Id, context.InstanceId), RetryPolicy.Default);
        return failure is null ? result! : throw failure;
    }

    private static async Task<BringKeyResult> CrossAsync(IOrchestrationContext context, BringKeyInput input, BringKeyPlan plan, KekCreated kek)
    {
        var terms = new ExportTerms(context.InstanceId, input.KeyLabel, kek.Id, kek.PublicKey, kek.Operations, kek.ExpiresOn);
        var approvals = await CollectApprovalsAsync(context, plan, terms);

        SetStage(context, plan, "exporting from the HSM", terms, approvals.Count);
        var export = await context.CallActivityAsync<ExportedKey>(
            ExportMasterKey.Name, new ExportInput(terms, approvals, plan.Thumbprint), BringKeyRetries.Patient);

        SetStage(context, plan, "importing into the vault", terms, approvals.Count);
        var imported = await context.CallActivityAsync<ImportedKey>(
            ImportMasterKey.Name, new ImportInput(input.KeyName, input.KeyLabel, context.InstanceId, export.TransferBlob), RetryPolicy.Default);
        try
        {
            SetStage(context, plan, "proving that the vault's key is the HSM's key", terms, approvals.Count);
            await context.CallActivityAsync<bool>(
                ActivateKey.Name, new ActivateInput(imported.Id, plan.Thumbprint, context.InstanceId), RetryPolicy.Default);
        }
        catch (ByokException)
        {
            await context.CallActivityAsync<bool>(DisableKeyVersion.Name, new DisableInput(imported.Id, context.InstanceId), RetryPolicy.Default);
            throw;
        }

        return new BringKeyResult(
            imported.Id, plan.Thumbprint, input.KeyLabel, plan.SizeInBits, kek.Id, kek.PublicKey.Thumbprint,
            context.InstanceId, approvals.Count, imported.ExpiresOn);
    }

    private static async Task<List<string>> CollectApprovalsAsync(IOrchestrationContext context, BringKeyPlan plan, ExportTerms terms)
    {
        var approvals = new List<string>();
        if (plan.RequiredApprovals == 0)
        {
            return approvals;
        }

        // Cancelled by Cancel, not CancelAsync: that would go on on another thread, and an orchestration stays on its own.
        using var cancellation = new CancellationTokenSource();
        var deadline = context.CreateTimerAsync(terms.ExpiresOn, cancellation.Token);
        while (approvals.Count < plan.RequiredApprovals)
        {
            SetStage(context, plan, WaitingForApprovals, terms, approvals.Count);
            var approval = context.WaitForExternalEventAsync<string>(ApprovalEvent, cancellation.Token);
            if (await Task.WhenAny(approval, deadline) == deadline)
            {
                cancellation.Cancel();
                throw new ExportRefusedException(
                    $"The export of '{terms.KeyLabel}' had {approvals.Count} of {plan.RequiredApprovals} approvals at its deadline; start it again.");
            }

            // Whose approval it is, and whether it is good, the agent decides; the same text twice is no second approval.
            if (await approval is { Length: > 0 } text && !approvals.Contains(text))
            {
                approvals.Add(text);
            }
        }

        cancellation.Cancel();
        return approvals;
    }

    private static void SetStage(IOrchestrationContext context, BringKeyPlan plan, string stage, ExportTerms? terms, int approvals) =>
        context.SetStatus(new BringKeyProgress(stage, approvals, plan.RequiredApprovals, terms));
}
