using Byok.Core.Branches;
using Byok.Core.Keys.Attestation;
using Byok.Core.Ports;
using Byok.Pipeline.BringKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>BringKey and its activities, by name.</summary>
public sealed class BringKeyFunctions(
    PrepareMasterKey prepareMasterKey, CreateKeyExchangeKey createKeyExchangeKey, AttestKey attestKey, ExportMasterKey exportMasterKey,
    ImportMasterKey importMasterKey, ActivateKey activateKey, DisableKeyVersion disableKeyVersion, RetireKeyExchangeKey retireKeyExchangeKey)
{
    [Function(BringKeyOrchestration.Name)]
    public static Task<BringKeyResult> BringKeyAsync([OrchestrationTrigger] TaskOrchestrationContext context, BringKeyInput input) =>
        new BringKeyOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(PrepareMasterKey.Name)]
    public Task<PrepareMasterKeyResult> PrepareMasterKeyAsync([ActivityTrigger] PrepareInput input, CancellationToken cancellationToken) =>
        prepareMasterKey.RunAsync(input, cancellationToken);

    [Function(CreateKeyExchangeKey.Name)]
    public Task<CreateKeyExchangeKeyResult> CreateKeyExchangeKeyAsync([ActivityTrigger] CreateKeyExchangeKeyInput input, CancellationToken cancellationToken) =>
        createKeyExchangeKey.RunAsync(input, cancellationToken);

    [Function(AttestKey.Name)]
    public Task<AttestedKey> AttestKeyAsync([ActivityTrigger] AttestKeyInput input, CancellationToken cancellationToken) =>
        attestKey.RunAsync(input, cancellationToken);

    [Function(ExportMasterKey.Name)]
    public Task<ExportedKey> ExportMasterKeyAsync([ActivityTrigger] ExportMasterKeyInput input, CancellationToken cancellationToken) =>
        exportMasterKey.RunAsync(input, cancellationToken);

    [Function(ImportMasterKey.Name)]
    public Task<ImportMasterKeyResult> ImportMasterKeyAsync([ActivityTrigger] ImportMasterKeyInput input, CancellationToken cancellationToken) =>
        importMasterKey.RunAsync(input, cancellationToken);

    [Function(ActivateKey.Name)]
    public Task<IReadOnlyList<BranchName>> ActivateKeyAsync([ActivityTrigger] ActivateKeyInput input, CancellationToken cancellationToken) =>
        activateKey.RunAsync(input, cancellationToken);

    [Function(DisableKeyVersion.Name)]
    public Task<bool> DisableKeyVersionAsync([ActivityTrigger] DisableKeyVersionInput input, CancellationToken cancellationToken) =>
        disableKeyVersion.RunAsync(input, cancellationToken);

    [Function(RetireKeyExchangeKey.Name)]
    public Task<bool> RetireKeyExchangeKeyAsync([ActivityTrigger] RetireKeyExchangeKeyInput input, CancellationToken cancellationToken) =>
        retireKeyExchangeKey.RunAsync(input, cancellationToken);
}
