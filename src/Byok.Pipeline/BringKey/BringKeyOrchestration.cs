using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>
/// Brings a master key from the HSM into the vault: one-shot KEK, approvals, export by the agent, import, proof that the vault's key
/// is the HSM's key, and only then in use. Where roots are pinned for it, the vault's HSM attests the KEK before the export and the key before its use. The KEK is retired whatever happens; a version that fails its proof is disabled.
/// </summary>
public sealed class BringKeyOrchestration : Orchestration<BringKeyInput, BringKeyResult>
{
    public const string Name = "BringKey";

    /// <summary>The external event that carries an approval (compact JWS).</summary>
    public const string ApprovalEvent = "Approval";

    /// <summary>The stage in which approvals are waited for.</summary>
    public const string WaitingForApprovals = "waiting for approvals";

    /// <summary>Most approvals that are handed to the agent, as many as it looks at.</summary>
    private const int MaxApprovals = 16;

    public override async Task<BringKeyResult> RunAsync(IOrchestrationContext context, BringKeyInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        var plan = await context.CallActivityAsync<PrepareMasterKeyResult>(PrepareMasterKey.Name, new PrepareInput(context.InstanceId, input), BringKeyRetries.Patient);
        var kek = await context.CallActivityAsync<CreateKeyExchangeKeyResult>(
            CreateKeyExchangeKey.Name, new CreateKeyExchangeKeyInput(context.InstanceId, context.CurrentTime + plan.KekLifetime), RetryPolicy.Default);
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
        try
        {
            await context.CallActivityAsync<bool>(RetireKeyExchangeKey.Name, new RetireKeyExchangeKeyInput(kek.Id, context.InstanceId), RetryPolicy.Default);
        }
        catch (ByokException) when (failure is not null)
        {
            // The first failure is the one to tell; a KEK that is left behind expires, and the audit finds it.
        }

        return failure is null ? result! : throw failure;
    }

    private static async Task<BringKeyResult> CrossAsync(IOrchestrationContext context, BringKeyInput input, PrepareMasterKeyResult plan, CreateKeyExchangeKeyResult kek)
    {
        var terms = new ExportRequest
        {
            RequestId = context.InstanceId,
            KeyLabel = input.KeyLabel,
            KekId = kek.Id,
            Kek = kek.PublicKey,
            KekOperations = kek.Operations,
            ExpiresOn = kek.ExpiresOn,
        };
        var approvals = new List<string>();
        await AttestAsync(context, plan, kek.Id, kek.PublicKey.Thumbprint, KeyOrigin.Generated);
        var export = await ExportAsync(context, plan, terms, approvals);

        SetStage(context, plan, "importing into the vault", terms, approvals.Count);
        var imported = await context.CallActivityAsync<ImportMasterKeyResult>(
            ImportMasterKey.Name, new ImportMasterKeyInput(input.KeyName, input.KeyLabel, context.InstanceId, export.TransferBlob, input.Restores), RetryPolicy.Default);
        AttestedKey? attested;
        IReadOnlyList<BranchName> branches;
        try
        {
            SetStage(context, plan, "proving that the vault's key is the HSM's key", terms, approvals.Count);
            attested = await AttestAsync(context, plan, imported.Id, plan.Thumbprint, KeyOrigin.Imported);
            branches = await context.CallActivityAsync<IReadOnlyList<BranchName>>(
                ActivateKey.Name, new ActivateKeyInput(imported.Id, plan.Thumbprint, context.InstanceId, input.IsPartOfAnother, input.Restores is not null), RetryPolicy.Default);
        }
        catch (ByokException)
        {
            try
            {
                await context.CallActivityAsync<bool>(DisableKeyVersion.Name, new DisableKeyVersionInput(imported.Id, context.InstanceId), RetryPolicy.Default);
            }
            catch (KeyNotFoundInVaultException)
            {
                // The key was deleted meanwhile, and the version with it.
            }

            throw;
        }

        return new BringKeyResult(
            imported.Id, plan.Thumbprint, input.KeyLabel, plan.SizeInBits, kek.Id, kek.PublicKey.Thumbprint,
            context.InstanceId, approvals.Count, imported.ExpiresOn, branches, attested?.ManufacturerRoot);
    }

    private static async Task<AttestedKey?> AttestAsync(IOrchestrationContext context, PrepareMasterKeyResult plan, KeyIdentifier id, string thumbprint, KeyOrigin origin) =>
        plan.IsAttested
            ? await context.CallActivityAsync<AttestedKey>(AttestKey.Name, new AttestKeyInput(id, thumbprint, origin, context.InstanceId), RetryPolicy.Default)
            : null;

    /// <summary>
    /// Asks the agent once the approvals could be enough. Whose they are, and whether they are good, it alone decides; one that does not
    /// count is no reason to end: the request waits for another, until its deadline.
    /// </summary>
    private static async Task<ExportedKey> ExportAsync(IOrchestrationContext context, PrepareMasterKeyResult plan, ExportRequest terms, List<string> approvals)
    {
        var progress = new BringKeyProgress(WaitingForApprovals, 0, plan.RequiredApprovals, terms);
        while (true)
        {
            await CollectApprovalsAsync(context, progress, approvals);
            SetStage(context, plan, "exporting from the HSM", terms, approvals.Count);
            try
            {
                return await context.CallActivityAsync<ExportedKey>(
                    ExportMasterKey.Name, new ExportMasterKeyInput(terms, approvals, plan.Thumbprint), BringKeyRetries.Patient);
            }
            catch (ApprovalsMissingException exception) when (approvals.Count < MaxApprovals)
            {
                progress = progress with { ApprovalsRequired = approvals.Count + 1, Refusal = exception.Message };
            }
        }
    }

    private static async Task CollectApprovalsAsync(IOrchestrationContext context, BringKeyProgress progress, List<string> approvals)
    {
        if (approvals.Count >= progress.ApprovalsRequired)
        {
            return;
        }

        var terms = progress.Request!;

        // Cancelled by Cancel, not CancelAsync: that would go on on another thread, and an orchestration stays on its own.
        using var cancellation = new CancellationTokenSource();
        var deadline = context.CreateTimerAsync(terms.ExpiresOn, cancellation.Token);
        while (approvals.Count < progress.ApprovalsRequired)
        {
            context.SetStatus(progress with { ApprovalsGiven = approvals.Count });
            var approval = context.WaitForExternalEventAsync<string>(ApprovalEvent, cancellation.Token);
            if (await Task.WhenAny(approval, deadline) == deadline)
            {
                cancellation.Cancel();
                throw new ExportRefusedException(
                    $"The export of '{terms.KeyLabel}' had {approvals.Count} of {progress.ApprovalsRequired} approvals at its deadline; start it again. {progress.Refusal}".TrimEnd());
            }

            // The same text twice is no second approval.
            if (await approval is { Length: > 0 } text && !approvals.Contains(text))
            {
                approvals.Add(text);
            }
        }

        cancellation.Cancel();
    }

    private static void SetStage(IOrchestrationContext context, PrepareMasterKeyResult plan, string stage, ExportRequest? terms, int approvals) =>
        context.SetStatus(new BringKeyProgress(stage, approvals, plan.RequiredApprovals, terms));
}
