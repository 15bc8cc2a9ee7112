using Byok.Client;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Branches;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.Keys;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Storage;
using Byok.Storage.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Byok.Pipeline;

/// <summary>Composes the pipeline, for every host in the same way.</summary>
public static class PipelineServiceCollectionExtensions
{
    /// <summary>
    /// Adds the pipeline: every activity, what activities share, and the <see cref="OrchestrationDescriptor"/>s and <see cref="ActivityDescriptor"/>s by which an
    /// engine runs them. All are singletons; disposing of the provider empties the caches. The host adds its <see cref="IKeyVault"/>, <see cref="IHsm"/> and
    /// <see cref="StorageAccount"/>; the ledger is the storage account's and the clock the system's, unless the host added others before.
    /// </summary>
    public static IServiceCollection AddByokPipeline(this IServiceCollection services, PipelineOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILedger>(provider => new BlobLedger(
            provider.GetRequiredService<StorageAccount>().Ledger, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(options);
        services.AddSingleton<ClientOptions>(options);
        services.AddSingleton<ChunkBufferPools>();
        services.AddSingleton<KeyCache>();
        services.AddSingleton<KeySelection>();
        services.AddSingleton(provider => new BranchRecords(provider.GetRequiredService<StorageAccount>().Branches));
        services.AddSingleton<BranchKeyRing>();
        services.AddSingleton<ProtectedBlobReader>();
        services.AddSingleton<ProtectedBlobWriter>();
        services.AddSingleton(provider => new BlobRecords(
            provider.GetRequiredService<ILedger>(), provider.GetRequiredService<StorageAccount>().Protected.Name));
        services.AddSingleton<EncryptionPlanner>();
        services.AddSingleton<UploadEncryptor>();
        services.AddSingleton<EncryptionCompletion>();
        services.AddSingleton<BlobReencryptor>();
        services.AddSingleton<OperationClaims>();
        services.AddSingleton<BranchKeeper>();
        services.AddSingleton<BranchRebuilder>();
        services.AddSingleton<PinWriter>();
        services.AddSingleton<BlobRewrapper>();
        services.AddSingleton<AuditArchive>();
        foreach (var orchestration in PipelineOrchestrations.All)
        {
            services.AddSingleton(orchestration);
        }

        return AddActivities(services);
    }

    private static IServiceCollection AddActivities(IServiceCollection services) => services
        .AddActivity<PrepareMasterKey>(PrepareMasterKey.Name)
        .AddActivity<CreateKeyExchangeKey>(CreateKeyExchangeKey.Name)
        .AddActivity<AttestKey>(AttestKey.Name)
        .AddActivity<ExportMasterKey>(ExportMasterKey.Name)
        .AddActivity<ImportMasterKey>(ImportMasterKey.Name)
        .AddActivity<ActivateKey>(ActivateKey.Name)
        .AddActivity<DisableKeyVersion>(DisableKeyVersion.Name)
        .AddActivity<RetireKeyExchangeKey>(RetireKeyExchangeKey.Name)
        .AddActivity<BeginEncryption>(BeginEncryption.Name)
        .AddActivity<EncryptSegment>(EncryptSegment.Name)
        .AddActivity<CommitBlob>(CommitBlob.Name)
        .AddActivity<CompleteBlob>(CompleteBlob.Name)
        .AddActivity<BeginRotation>(BeginRotation.Name)
        .AddActivity<RetireOldVersions>(RetireOldVersions.Name)
        .AddActivity<DisableOldVersions>(DisableOldVersions.Name)
        .AddActivity<BeginRetirement>(BeginRetirement.Name)
        .AddActivity<SealBranch>(SealBranch.Name)
        .AddActivity<UnpinBranch>(UnpinBranch.Name)
        .AddActivity<CountBlobs>(CountBlobs.Name)
        .AddActivity<RewrapPage>(RewrapPage.Name)
        .AddActivity<ReleaseClaim>(ReleaseClaim.Name)
        .AddActivity<BeginReencryption>(BeginReencryption.Name)
        .AddActivity<ReencryptSegment>(ReencryptSegment.Name)
        .AddActivity<CommitReencryption>(CommitReencryption.Name)
        .AddActivity<OrderRevocation>(OrderRevocation.Name)
        .AddActivity<ProbeRevocation>(ProbeRevocation.Name)
        .AddActivity<RecordRevocation>(RecordRevocation.Name)
        .AddActivity<UploadCanary>(UploadCanary.Name)
        .AddActivity<ReadCanary>(ReadCanary.Name)
        .AddActivity<RemoveCanary>(RemoveCanary.Name)
        .AddActivity<PlanRestore>(PlanRestore.Name)
        .AddActivity<ReinstateKey>(ReinstateKey.Name)
        .AddActivity<ProbeRestored>(ProbeRestored.Name)
        .AddActivity<AuditVault>(AuditVault.Name)
        .AddActivity<AuditBlobs>(AuditBlobs.Name)
        .AddActivity<AuditChains>(AuditChains.Name)
        .AddActivity<AuditLedger>(AuditLedger.Name)
        .AddActivity<AuditUploads>(AuditUploads.Name)
        .AddActivity<PublishAudit>(PublishAudit.Name);

    private static IServiceCollection AddActivity<TActivity>(this IServiceCollection services, string name)
        where TActivity : class, IActivity =>
        services
            .AddSingleton<TActivity>()
            .AddSingleton(provider => ActivityDescriptor.For(provider.GetRequiredService<TActivity>(), name));
}
