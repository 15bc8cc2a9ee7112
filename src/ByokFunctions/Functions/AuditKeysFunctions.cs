using Byok.Pipeline;
using Byok.Pipeline.AuditKeys;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>AuditKeys and its activities, by name.</summary>
public sealed class AuditKeysFunctions(PipelineCatalog pipeline)
{
    [Function(AuditKeysOrchestration.Name)]
    public static Task<AuditKeysResult> AuditKeysAsync([OrchestrationTrigger] TaskOrchestrationContext context, AuditKeysInput input) =>
        new AuditKeysOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(AuditVault.Name)]
    public Task<AuditVaultResult> AuditVaultAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        pipeline.AuditVault.RunAsync(null, cancellationToken);

    [Function(AuditBlobs.Name)]
    public Task<AuditBlobsResult> AuditBlobsAsync([ActivityTrigger] AuditBlobsInput input, CancellationToken cancellationToken) =>
        pipeline.AuditBlobs.RunAsync(input, cancellationToken);

    [Function(AuditChains.Name)]
    public Task<AuditChainsResult> AuditChainsAsync([ActivityTrigger] string? input, CancellationToken cancellationToken) =>
        pipeline.AuditChains.RunAsync(input, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(AuditLedger.Name)]
    public Task<AuditLedgerResult> AuditLedgerAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        pipeline.AuditLedger.RunAsync(null, cancellationToken);

    /// <summary>The activity of that name; it takes no input.</summary>
    [Function(AuditUploads.Name)]
    public Task<FindingTally> AuditUploadsAsync([ActivityTrigger] FunctionContext context, CancellationToken cancellationToken) =>
        pipeline.AuditUploads.RunAsync(null, cancellationToken);

    [Function(PublishAudit.Name)]
    public Task<AuditKeysResult> PublishAuditAsync([ActivityTrigger] PublishInput input, CancellationToken cancellationToken) =>
        pipeline.PublishAudit.RunAsync(input, cancellationToken);
}
