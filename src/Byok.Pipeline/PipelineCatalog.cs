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
    /// <summary>Composes the pipeline.</summary>
    public PipelineCatalog(PipelineServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var (vault, hsm, storage, ledger, options, time) = services;
        Pools = new ChunkBufferPools();
        DekCacheTime = options.DekCacheTime;
        Keys = new WrappingKeyRing(vault, options, time);
        var unwrapper = new DekUnwrapper(vault);
        Deks = new DekCache(unwrapper, options, time);
        Reader = new ProtectedBlobReader(storage, Keys, Deks, unwrapper);
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

        EncryptSegment = new EncryptSegment(storage, writer);
        CommitBlob = new CommitBlob(storage, writer, Deks);
        CompleteBlob = new CompleteBlob(storage, Reader, Records, Pools, options);
        BeginEncryption = new BeginEncryption(storage, new EncryptionPlanner(storage, Keys, Reader, writer), writer, EncryptSegment, CommitBlob, CompleteBlob);

        var claims = new OperationClaims(storage, time);
        BeginRotation = new BeginRotation(vault, hsm, ledger, claims, options);
        RetireOldVersions = new RetireOldVersions(vault, Keys, ledger);
        CountBlobs = new CountBlobs(storage);
        RewrapPage = new RewrapPage(storage, new BlobRewrapper(storage, vault, Keys, Deks, Reader), Records);
        RecordProof = new RecordProof(ledger);
        ResumeRotation = new ResumeRotation(Keys);
        ReleaseClaim = new ReleaseClaim(claims);

        ReencryptSegment = new ReencryptSegment(Reader, writer);
        CommitReencryption = new CommitReencryption(storage, Reader, writer, unwrapper, Records);
        BeginReencryption = new BeginReencryption(Reader, writer, Records, vault, Keys, ReencryptSegment, CommitReencryption);

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
        AuditBlobs = new AuditBlobs(storage, vault, Keys, unwrapper, Pools, options);
        AuditGenerations = new AuditGenerations(storage, ledger, Reader, Records, options, time);
        AuditLedger = new AuditLedger(ledger, Audits);
        AuditUploads = new AuditUploads(storage, options, time);
        PublishAudit = new PublishAudit(Audits, ledger);
    }

    /// <summary>The process's chunk buffers.</summary>
    public ChunkBufferPools Pools { get; }

    /// <summary>The longest time that reads go on after a revocation, from what is in memory.</summary>
    public TimeSpan DekCacheTime { get; }

    /// <summary>The wrapping keys.</summary>
    public WrappingKeyRing Keys { get; }

    /// <summary>The DEKs in memory.</summary>
    public DekCache Deks { get; }

    /// <summary>The read path.</summary>
    public ProtectedBlobReader Reader { get; }

    /// <summary>What the ledger knows of the blobs.</summary>
    public BlobRecords Records { get; }

    /// <summary>Activity of BringKey.</summary>
    public PrepareMasterKey PrepareMasterKey { get; }

    /// <summary>Activity of BringKey.</summary>
    public CreateKeyExchangeKey CreateKeyExchangeKey { get; }

    /// <summary>Activity of BringKey.</summary>
    public AttestKey AttestKey { get; }

    /// <summary>Activity of BringKey.</summary>
    public ExportMasterKey ExportMasterKey { get; }

    /// <summary>Activity of BringKey.</summary>
    public ImportMasterKey ImportMasterKey { get; }

    /// <summary>Activity of BringKey.</summary>
    public ActivateKey ActivateKey { get; }

    /// <summary>Activity of BringKey.</summary>
    public DisableKeyVersion DisableKeyVersion { get; }

    /// <summary>Activity of BringKey.</summary>
    public RetireKeyExchangeKey RetireKeyExchangeKey { get; }

    /// <summary>Activity of EncryptBlob.</summary>
    public BeginEncryption BeginEncryption { get; }

    /// <summary>Activity of EncryptBlob.</summary>
    public EncryptSegment EncryptSegment { get; }

    /// <summary>Activity of EncryptBlob.</summary>
    public CommitBlob CommitBlob { get; }

    /// <summary>Activity of EncryptBlob.</summary>
    public CompleteBlob CompleteBlob { get; }

    /// <summary>Activity of RotateKey.</summary>
    public BeginRotation BeginRotation { get; }

    /// <summary>Activity of RotateKey.</summary>
    public RetireOldVersions RetireOldVersions { get; }

    /// <summary>Activity of RotateKey.</summary>
    public CountBlobs CountBlobs { get; }

    /// <summary>Activity of RotateKey.</summary>
    public RewrapPage RewrapPage { get; }

    /// <summary>Activity of RotateKey.</summary>
    public RecordProof RecordProof { get; }

    /// <summary>Activity of RotateKey.</summary>
    public ResumeRotation ResumeRotation { get; }

    /// <summary>Activity of RotateKey.</summary>
    public ReleaseClaim ReleaseClaim { get; }

    /// <summary>Activity of ReencryptBlob.</summary>
    public BeginReencryption BeginReencryption { get; }

    /// <summary>Activity of ReencryptBlob.</summary>
    public ReencryptSegment ReencryptSegment { get; }

    /// <summary>Activity of ReencryptBlob.</summary>
    public CommitReencryption CommitReencryption { get; }

    /// <summary>Activity of RevokeKey.</summary>
    public OrderRevocation OrderRevocation { get; }

    /// <summary>Activity of RevokeKey.</summary>
    public ProbeRevocation ProbeRevocation { get; }

    /// <summary>Activity of RevokeKey.</summary>
    public RecordRevocation RecordRevocation { get; }

    /// <summary>Activity of RevokeKey.</summary>
    public UploadCanary UploadCanary { get; }

    /// <summary>Activity of RevokeKey.</summary>
    public ReadCanary ReadCanary { get; }

    /// <summary>Activity of RevokeKey.</summary>
    public RemoveCanary RemoveCanary { get; }

    /// <summary>Activity of RestoreKey.</summary>
    public PlanRestore PlanRestore { get; }

    /// <summary>Activity of RestoreKey.</summary>
    public ReinstateKey ReinstateKey { get; }

    /// <summary>Activity of RestoreKey.</summary>
    public ProbeRestored ProbeRestored { get; }

    /// <summary>The audits' reports.</summary>
    public AuditArchive Audits { get; }

    /// <summary>Activity of AuditKeys.</summary>
    public AuditVault AuditVault { get; }

    /// <summary>Activity of AuditKeys.</summary>
    public AuditBlobs AuditBlobs { get; }

    /// <summary>Activity of AuditKeys.</summary>
    public AuditGenerations AuditGenerations { get; }

    /// <summary>Activity of AuditKeys.</summary>
    public AuditLedger AuditLedger { get; }

    /// <summary>Activity of AuditKeys.</summary>
    public AuditUploads AuditUploads { get; }

    /// <summary>Activity of AuditKeys.</summary>
    public PublishAudit PublishAudit { get; }

    /// <summary>The orchestrations, by name.</summary>
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

    /// <summary>The activities, by name.</summary>
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

    /// <inheritdoc/>
    public void Dispose()
    {
        Deks.Dispose();
        Records.Dispose();
    }
}
