using Byok.Pipeline.AuditKeys;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>AuditKeys and its activities, by name.</summary>
public sealed class AuditKeysFunctions(
    AuditVault auditVault, AuditBlobs auditBlobs, AuditChains auditChains,
    AuditLedger auditLedger, AuditUploads auditUploads, PublishAudit publishAudit)
{
    [Function(AuditKeysOrchestration.Name)]
    public static Task<AuditKeysResult> AuditKeysAsync([OrchestrationTrigger] TaskOrchestrationContext context, AuditKeysInput input) =>
        new AuditKeysOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(AuditVault.Name)]
    public Task<AuditVaultResult> AuditVaultAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        auditVault.RunAsync(null, cancellationToken);

    [Function(AuditBlobs.Name)]
    public Task<AuditBlobsResult> AuditBlobsAsync([ActivityTrigger] AuditBlobsInput input, CancellationToken cancellationToken) =>
        auditBlobs.RunAsync(input, cancellationToken);

    [Function(AuditChains.Name)]
    public Task<AuditChainsResult> AuditChainsAsync([ActivityTrigger] string? input, CancellationToken cancellationToken) =>
        auditChains.RunAsync(input, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(AuditLedger.Name)]
    public Task<AuditLedgerResult> AuditLedgerAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        auditLedger.RunAsync(null, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(AuditUploads.Name)]
    public Task<FindingTally> AuditUploadsAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        auditUploads.RunAsync(null, cancellationToken);

    [Function(PublishAudit.Name)]
    public Task<AuditKeysResult> PublishAuditAsync([ActivityTrigger] PublishInput input, CancellationToken cancellationToken) =>
        publishAudit.RunAsync(input, cancellationToken);
}
