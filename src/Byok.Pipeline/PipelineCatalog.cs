using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Orchestration;
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
        KeyCacheTime = options.KeyCacheTime;
        Keys = new KeyCache(vault, options, time);
        var selection = new KeySelection(options);
        var branchRecords = new BranchRecords(storage.Branches);
        Branches = new BranchKeyRing(Keys, selection, branchRecords, options, time);
        BranchKeeper = new BranchKeeper(vault, branchRecords);
        Rebuilder = new BranchRebuilder(vault, storage, BranchKeeper, ledger);
        Selection = selection;
        Reader = new ProtectedBlobReader(storage, Branches);
        Records = new BlobRecords(ledger, storage.Protected.Name);
        var writer = new ProtectedBlobWriter(storage, Reader, Branches, Records, Pools, options, time);
        var claims = new OperationClaims(storage, time);
        var pinWriter = new PinWriter(vault);

        PrepareMasterKey = new PrepareMasterKey(vault, hsm, claims, options);
        CreateKeyExchangeKey = new CreateKeyExchangeKey(vault, ledger, options);
        ExportMasterKey = new ExportMasterKey(hsm, ledger);
        AttestKey = new AttestKey(vault, ledger, options, time);
        ImportMasterKey = new ImportMasterKey(vault, ledger, options, time);
        ActivateKey = new ActivateKey(vault, BranchKeeper, claims, ledger, options, time);
        DisableKeyVersion = new DisableKeyVersion(vault, ledger);
        RetireKeyExchangeKey = new RetireKeyExchangeKey(vault, ledger);

        var encryptor = new UploadEncryptor(storage, writer);
        var completion = new EncryptionCompletion(storage, Reader, Records, Pools, options);
        EncryptSegment = new EncryptSegment(encryptor);
        CommitBlob = new CommitBlob(encryptor);
        CompleteBlob = new CompleteBlob(completion);
        BeginEncryption = new BeginEncryption(new EncryptionPlanner(selection, Branches, Reader), encryptor, completion);

        BeginRotation = new BeginRotation(vault, hsm, ledger, claims, options, time);
        RetireOldVersions = new RetireOldVersions(vault, Branches, ledger);
        DisableOldVersions = new DisableOldVersions(vault, BranchKeeper, ledger);
        ReleaseClaim = new ReleaseClaim(claims);

        BeginRetirement = new BeginRetirement(vault, claims, options);
        SealBranch = new SealBranch(vault, BranchKeeper, pinWriter, Branches, ledger, time);
        UnpinBranch = new UnpinBranch(vault, pinWriter, Branches, ledger);
        CountBlobs = new CountBlobs(storage);
        RewrapPage = new RewrapPage(storage, new BlobRewrapper(storage, Branches, Reader, time), Records);

        var reencryptor = new BlobReencryptor(storage, Reader, writer, Records);
        ReencryptSegment = new ReencryptSegment(reencryptor);
        CommitReencryption = new CommitReencryption(reencryptor);
        BeginReencryption = new BeginReencryption(Reader, Records, Branches, reencryptor);

        OrderRevocation = new OrderRevocation(vault, BranchKeeper, Branches, time);
        ProbeRevocation = new ProbeRevocation(vault, time);
        RecordRevocation = new RecordRevocation(ledger);
        UploadCanary = new UploadCanary(storage);
        ReadCanary = new ReadCanary(Reader, Branches);
        RemoveCanary = new RemoveCanary(vault, storage, Reader, Records);

        PlanRestore = new PlanRestore(vault, hsm, BranchKeeper, ledger, time);
        ReinstateKey = new ReinstateKey(vault, pinWriter, claims, ledger, time);
        ProbeRestored = new ProbeRestored(vault, BranchKeeper, Branches, ledger);

        Audits = new AuditArchive(storage);
        AuditVault = new AuditVault(vault, hsm, BranchKeeper, ledger, options, time);
        AuditBlobs = new AuditBlobs(storage, Keys, selection, Branches, BranchKeeper, Pools, options);
        AuditChains = new AuditChains(storage, ledger, Reader, Records, options, time);
        AuditLedger = new AuditLedger(ledger, Audits);
        AuditUploads = new AuditUploads(storage, options, time);
        PublishAudit = new PublishAudit(Audits, ledger);
    }

    /// <summary>The process's chunk buffers.</summary>
    public ChunkBufferPools Pools { get; }

    /// <summary>The longest time that reads go on after a revocation, from what is in memory.</summary>
    public TimeSpan KeyCacheTime { get; }

    /// <summary>What the vault has, in memory.</summary>
    public KeyCache Keys { get; }

    /// <summary>The branch keys in memory.</summary>
    public BranchKeyRing Branches { get; }

    /// <summary>Opens branch keys by their records alone.</summary>
    public BranchKeeper BranchKeeper { get; }

    /// <summary>Makes branch records anew.</summary>
    public BranchRebuilder Rebuilder { get; }

    /// <summary>Which key protects what.</summary>
    public KeySelection Selection { get; }

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
    public DisableOldVersions DisableOldVersions { get; }
    public ReleaseClaim ReleaseClaim { get; }

    public BeginRetirement BeginRetirement { get; }
    public SealBranch SealBranch { get; }
    public UnpinBranch UnpinBranch { get; }
    public CountBlobs CountBlobs { get; }
    public RewrapPage RewrapPage { get; }

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
    public AuditChains AuditChains { get; }
    public AuditLedger AuditLedger { get; }
    public AuditUploads AuditUploads { get; }
    public PublishAudit PublishAudit { get; }

    public static IReadOnlyList<OrchestrationDescriptor> Orchestrations { get; } =
    [
        OrchestrationDescriptor.For(() => new BringKeyOrchestration(), BringKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new EncryptBlobOrchestration(), EncryptBlobOrchestration.Name),
        OrchestrationDescriptor.For(() => new RotateKeyOrchestration(), RotateKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new RetireBranchOrchestration(), RetireBranchOrchestration.Name),
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
        ActivityDescriptor.For(() => DisableOldVersions, DisableOldVersions.Name),
        ActivityDescriptor.For(() => BeginRetirement, BeginRetirement.Name),
        ActivityDescriptor.For(() => SealBranch, SealBranch.Name),
        ActivityDescriptor.For(() => UnpinBranch, UnpinBranch.Name),
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
        ActivityDescriptor.For(() => AuditChains, AuditChains.Name),
        ActivityDescriptor.For(() => AuditLedger, AuditLedger.Name),
        ActivityDescriptor.For(() => AuditUploads, AuditUploads.Name),
        ActivityDescriptor.For(() => PublishAudit, PublishAudit.Name),
    ];

    public void Dispose()
    {
        Branches.Dispose();
        Records.Dispose();
    }
}
