using Byok.Core.Branches;
using Byok.Core.Keys.Attestation;
using Byok.Core.Ports;
using Byok.Pipeline;
using Byok.Pipeline.BringKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>BringKey and its activities, by name.</summary>
public sealed class BringKeyFunctions(PipelineCatalog pipeline)
{
    [Function(BringKeyOrchestration.Name)]
    public static Task<BringKeyResult> BringKeyAsync([OrchestrationTrigger] TaskOrchestrationContext context, BringKeyInput input) =>
        new BringKeyOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(PrepareMasterKey.Name)]
    public Task<BringKeyPlan> PrepareMasterKeyAsync([ActivityTrigger] PrepareInput input, CancellationToken cancellationToken) =>
        pipeline.PrepareMasterKey.RunAsync(input, cancellationToken);

    [Function(CreateKeyExchangeKey.Name)]
    public Task<KekCreated> CreateKeyExchangeKeyAsync([ActivityTrigger] CreateKekInput input, CancellationToken cancellationToken) =>
        pipeline.CreateKeyExchangeKey.RunAsync(input, cancellationToken);

    [Function(AttestKey.Name)]
    public Task<AttestedKey> AttestKeyAsync([ActivityTrigger] AttestInput input, CancellationToken cancellationToken) =>
        pipeline.AttestKey.RunAsync(input, cancellationToken);

    [Function(ExportMasterKey.Name)]
    public Task<ExportedKey> ExportMasterKeyAsync([ActivityTrigger] ExportInput input, CancellationToken cancellationToken) =>
        pipeline.ExportMasterKey.RunAsync(input, cancellationToken);

    [Function(ImportMasterKey.Name)]
    public Task<ImportedKey> ImportMasterKeyAsync([ActivityTrigger] ImportInput input, CancellationToken cancellationToken) =>
        pipeline.ImportMasterKey.RunAsync(input, cancellationToken);

    [Function(ActivateKey.Name)]
    public Task<IReadOnlyList<BranchName>> ActivateKeyAsync([ActivityTrigger] ActivateInput input, CancellationToken cancellationToken) =>
        pipeline.ActivateKey.RunAsync(input, cancellationToken);

    [Function(DisableKeyVersion.Name)]
    public Task<bool> DisableKeyVersionAsync([ActivityTrigger] DisableInput input, CancellationToken cancellationToken) =>
        pipeline.DisableKeyVersion.RunAsync(input, cancellationToken);

    [Function(RetireKeyExchangeKey.Name)]
    public Task<bool> RetireKeyExchangeKeyAsync([ActivityTrigger] RetireKekInput input, CancellationToken cancellationToken) =>
        pipeline.RetireKeyExchangeKey.RunAsync(input, cancellationToken);
}
