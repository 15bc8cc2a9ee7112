using Byok.Client.Keys;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Orchestration;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;

namespace Byok.Pipeline;

/// <summary>
/// Everything an engine runs: the orchestrations, and the activities composed with a host's adapters. A host maps these by name; it adds no logic.
/// </summary>
public sealed class PipelineCatalog : IDisposable
{
    public PipelineCatalog(PipelineServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var (vault, hsm, storage, ledger, options, time) = services;
        Pools = new ChunkBufferPools();
        DekCacheTime = options.DekCacheTime;
        Keys = new WrappingKeyRing(vault, options, time);
        Deks = new DekCache(vault, options, time);
        Reader = new ProtectedBlobReader(storage, Keys, Deks);
        Records = new BlobRecords(ledger, storage.Protected.Name);
        var writer = new ProtectedBlobWriter(storage, Reader, Keys, Deks, Records, Pools, options);

        PrepareMasterKey = new PrepareMasterKey(vault, hsm, options);
        CreateKeyExchangeKey = new CreateKeyExchangeKey(vault, ledger, options);
        ExportMasterKey = new ExportMasterKey(hsm, ledger);
        AttestKey = new AttestKey(vault, ledger, options, time);
        ImportMasterKey = new ImportMasterKey(vault, ledger, options, time);
        ActivateKey = new ActivateKey(vault, ledger);
        DisableKeyVersion = new DisableKeyVersion(vault, ledger);
        RetireKeyExchangeKey = new RetireKeyExchangeKey(vault, ledger);

        var encryptor = new UploadEncryptor(storage, writer, Deks);
        var completion = new EncryptionCompletion(storage, Reader, Records, Pools, options);
        EncryptSegment = new EncryptSegment(encryptor);
        CommitBlob = new CommitBlob(encryptor);
        CompleteBlob = new CompleteBlob(completion);
        BeginEncryption = new BeginEncryption(new EncryptionPlanner(Keys, Reader, writer), encryptor, completion);

        var claims = new OperationClaims(storage, time);
        BeginRotation = new BeginRotation(vault, hsm, ledger, claims, options);
        RetireOldVersions = new RetireOldVersions(vault, Keys, ledger);
        CountBlobs = new CountBlobs(storage);
        RewrapPage = new RewrapPage(storage, new BlobRewrapper(storage, vault, Keys, Deks, Reader), Records);
        RecordProof = new RecordProof(ledger);
        ResumeRotation = new ResumeRotation(Keys);
        ReleaseClaim = new ReleaseClaim(claims);

        var reencryptor = new BlobReencryptor(storage, Reader, writer, Deks, Records);
        ReencryptSegment = new ReencryptSegment(reencryptor);
        CommitReencryption = new CommitReencryption(reencryptor);
        BeginReencryption = new BeginReencryption(Reader, writer, Records, vault, Keys, reencryptor);

        OrderRevocation = new OrderRevocation(vault, Keys, Deks, time);
        ProbeRevocation = new ProbeRevocation(vault, time);
        RecordRevocation = new RecordRevocation(ledger);
        UploadCanary = new UploadCanary(storage);
        ReadCanary = new ReadCanary(Reader);
        RemoveCanary = new RemoveCanary(vault, storage, Reader, Records);

        PlanRestore = new PlanRestore(vault, hsm, Reader, ledger, time);
        ReinstateKey = new ReinstateKey(vault, ledger);
        ProbeRestored = new ProbeRestored(vault, Keys, Deks, Reader, ledger);

        Audits = new AuditArchive(storage);
        AuditVault = new AuditVault(vault, hsm, ledger, options, time);
        AuditBlobs = new AuditBlobs(storage, vault, Keys, Deks, Pools, options);
        AuditGenerations = new AuditGenerations(storage, ledger, Reader, Records, options, time);
        AuditLedger = new AuditLedger(ledger, Audits);
        AuditUploads = new AuditUploads(storage, options, time);
        PublishAudit = new PublishAudit(Audits, ledger);
    }

    /// <summary>The process's chunk buffers.</summary>
    public ChunkBufferPools Pools { get; }

    /// <summary>The longest time that reads go on after a revocation, from what is in memory.</summary>
    public TimeSpan DekCacheTime { get; }

    public WrappingKeyRing Keys { get; }

    /// <summary>The DEKs in memory.</summary>
    public DekCache Deks { get; }

    /// <summary>The read path.</summary>
    public ProtectedBlobReader Reader { get; }

    /// <summary>What the ledger knows of the blobs.</summary>
    public BlobRecords Records { get; }

    /// <summary>The audits' reports.</summary>
    public AuditArchive Audits { get; }

    // The activities, those of one orchestration together.
    public PrepareMasterKey PrepareMasterKey { get; }
    public CreateKeyExchangeKey CreateKeyExchangeKey { get; }
    public AttestKey AttestKey { get; }
    public ExportMasterKey ExportMasterKey { get; }
    public ImportMasterKey ImportMasterKey { get; }
    public ActivateKey ActivateKey { get; }
    public DisableKeyVersion DisableKeyVersion { get; }
    public RetireKeyExchangeKey RetireKeyExchangeKey { get; }

    public BeginEncryption BeginEncryption { get; }
    public EncryptSegment EncryptSegment { get; }
    public CommitBlob CommitBlob { get; }
    public CompleteBlob CompleteBlob { get; }

    public BeginRotation BeginRotation { get; }
    public RetireOldVersions RetireOldVersions { get; }
    public CountBlobs CountBlobs { get; }
    public RewrapPage RewrapPage { get; }
    public RecordProof RecordProof { get; }
    public ResumeRotation ResumeRotation { get; }
    public ReleaseClaim ReleaseClaim { get; }

    public BeginReencryption BeginReencryption { get; }
    public ReencryptSegment ReencryptSegment { get; }
    public CommitReencryption CommitReencryption { get; }

    public OrderRevocation OrderRevocation { get; }
    public ProbeRevocation ProbeRevocation { get; }
    public RecordRevocation RecordRevocation { get; }
    public UploadCanary UploadCanary { get; }
    public ReadCanary ReadCanary { get; }
    public RemoveCanary RemoveCanary { get; }

    public PlanRestore PlanRestore { get; }
    public ReinstateKey ReinstateKey { get; }
    public ProbeRestored ProbeRestored { get; }

    public AuditVault AuditVault { get; }
    public AuditBlobs AuditBlobs { get; }
    public AuditGenerations AuditGenerations { get; }
    public AuditLedger AuditLedger { get; }
    public AuditUploads AuditUploads { get; }
    public PublishAudit PublishAudit { get; }

    public static IReadOnlyList<OrchestrationDescriptor> Orchestrations { get; } =
    [
        OrchestrationDescriptor.For(() => new BringKeyOrchestration(), BringKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new EncryptBlobOrchestration(), EncryptBlobOrchestration.Name),
        OrchestrationDescriptor.For(() => new RotateKeyOrchestration(), RotateKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new ReencryptBlobOrchestration(), ReencryptBlobOrchestration.Name),
        OrchestrationDescriptor.For(() => new RevokeKeyOrchestration(), RevokeKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new RestoreKeyOrchestration(), RestoreKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new AuditKeysOrchestration(), AuditKeysOrchestration.Name),
    ];

    public IReadOnlyList<ActivityDescriptor> Activities =>
    [
        ActivityDescriptor.For(() => PrepareMasterKey, PrepareMasterKey.Name),
        ActivityDescriptor.For(() => CreateKeyExchangeKey, CreateKeyExchangeKey.Name),
        ActivityDescriptor.For(() => AttestKey, AttestKey.Name),
        ActivityDescriptor.For(() => ExportMasterKey, ExportMasterKey.Name),
        ActivityDescriptor.For(() => ImportMasterKey, ImportMasterKey.Name),
        ActivityDescriptor.For(() => ActivateKey, ActivateKey.Name),
        ActivityDescriptor.For(() => DisableKeyVersion, DisableKeyVersion.Name),
        ActivityDescriptor.For(() => RetireKeyExchangeKey, RetireKeyExchangeKey.Name),
        ActivityDescriptor.For(() => BeginEncryption, BeginEncryption.Name),
        ActivityDescriptor.For(() => EncryptSegment, EncryptSegment.Name),
        ActivityDescriptor.For(() => CommitBlob, CommitBlob.Name),
        ActivityDescriptor.For(() => CompleteBlob, CompleteBlob.Name),
        ActivityDescriptor.For(() => BeginRotation, BeginRotation.Name),
        ActivityDescriptor.For(() => RetireOldVersions, RetireOldVersions.Name),
        ActivityDescriptor.For(() => CountBlobs, CountBlobs.Name),
        ActivityDescriptor.For(() => RewrapPage, RewrapPage.Name),
        ActivityDescriptor.For(() => RecordProof, RecordProof.Name),
        ActivityDescriptor.For(() => ResumeRotation, ResumeRotation.Name),
        ActivityDescriptor.For(() => ReleaseClaim, ReleaseClaim.Name),
        ActivityDescriptor.For(() => BeginReencryption, BeginReencryption.Name),
        ActivityDescriptor.For(() => ReencryptSegment, ReencryptSegment.Name),
        ActivityDescriptor.For(() => CommitReencryption, CommitReencryption.Name),
        ActivityDescriptor.For(() => OrderRevocation, OrderRevocation.Name),
        ActivityDescriptor.For(() => ProbeRevocation, ProbeRevocation.Name),
        ActivityDescriptor.For(() => RecordRevocation, RecordRevocation.Name),
        ActivityDescriptor.For(() => UploadCanary, UploadCanary.Name),
        ActivityDescriptor.For(() => ReadCanary, ReadCanary.Name),
        ActivityDescriptor.For(() => RemoveCanary, RemoveCanary.Name),
        ActivityDescriptor.For(() => PlanRestore, PlanRestore.Name),
        ActivityDescriptor.For(() => ReinstateKey, ReinstateKey.Name),
        ActivityDescriptor.For(() => ProbeRestored, ProbeRestored.Name),
        ActivityDescriptor.For(() => AuditVault, AuditVault.Name),
        ActivityDescriptor.For(() => AuditBlobs, AuditBlobs.Name),
        ActivityDescriptor.For(() => AuditGenerations, AuditGenerations.Name),
        ActivityDescriptor.For(() => AuditLedger, AuditLedger.Name),
        ActivityDescriptor.For(() => AuditUploads, AuditUploads.Name),
        ActivityDescriptor.For(() => PublishAudit, PublishAudit.Name),
    ];

    public void Dispose()
    {
        Deks.Dispose();
        Records.Dispose();
    }
}
