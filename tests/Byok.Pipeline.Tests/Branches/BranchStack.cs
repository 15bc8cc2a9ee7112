using System.Buffers.Text;
using System.Text;
using Azure.Storage.Blobs.Models;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Branches;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Storage;
using Byok.Storage.Ledger;
using Byok.Testing;
using Byok.Testing.Replay;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests.Branches;

/// <summary>The pipeline over storage, vault and HSM in memory, with one key brought and a clock that timers move.</summary>
internal sealed class BranchStack : IDisposable
{
    public const string Key = "alpha";

    private static readonly PipelineOptions Standard = new() { DefaultKey = Key, KekSizeInBits = 2048, BlobsPerPage = 4, GracePeriod = TimeSpan.Zero };

    private BranchStack(StorageAccount storage, PipelineOptions options, JumpingTime time)
    {
        Storage = storage;
        Options = options;
        Time = time;
        Vault = new InMemoryVault(time);
        Vault.CreateRsa = Hsm.CreateRsa = new PreparedKeys().Create;
        Ledger = new BlobLedger(storage.Ledger, time);
        Records = new BranchRecords(storage.Branches);
        Catalog = CreateCatalog();
    }

    public StorageAccount Storage { get; }

    public PipelineOptions Options { get; }

    public JumpingTime Time { get; }

    public InMemoryVault Vault { get; }

    public InMemoryHsm Hsm { get; } = new();

    public BlobLedger Ledger { get; }

    public BranchRecords Records { get; }

    public TestPipeline Catalog { get; }

    public static async Task<BranchStack> CreateAsync(Func<PipelineOptions, PipelineOptions>? configure = null)
    {
        var time = new JumpingTime();
        var storage = await new InMemoryBlobService(time).CreateAccountAsync();
        var stack = new BranchStack(storage, configure?.Invoke(Standard) ?? Standard, time);
        await stack.BringAsync(Key);
        return stack;
    }

    /// <summary>Another process on the same stack.</summary>
    public TestPipeline CreateCatalog() => new(Vault, Hsm, Storage, Ledger, Options, Time);

    public Task<BringKeyResult> BringAsync(string name, string? label = null) => RunAsync<BringKeyResult>(
        BringKeyOrchestration.Name, new BringKeyInput { KeyName = name, KeyLabel = label ?? name, GenerateSizeInBits = 2048 }, $"bring-{name}-{Guid.NewGuid():N}");

    public Task<RotateKeyResult> RotateAsync(bool deep = false) => RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = Key, Deep = deep }, $"rotate-{Key}-{Guid.NewGuid():N}");

    public Task<RetireBranchResult> RetireAsync(BranchName? branch = null, bool deep = false) => RunAsync<RetireBranchResult>(
        RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = Key, Branch = branch, Deep = deep }, $"retire-{Key}-{Guid.NewGuid():N}");

    public Task<RevokeKeyResult> RevokeAsync(RevocationMode mode = RevocationMode.Disable) =>
        RunAsync<RevokeKeyResult>(RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = Key, Mode = mode }, $"revoke-{Key}-{Guid.NewGuid():N}");

    public Task<RestoreKeyResult> RestoreAsync() => RunAsync<RestoreKeyResult>(RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = Key }, $"restore-{Key}-{Guid.NewGuid():N}");

    /// <returns>The codes of what an audit finds, each with its objects.</returns>
    public async Task<ILookup<string, string>> AuditAsync()
    {
        var result = await RunAsync<AuditKeysResult>(AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = 100 }, $"audit-{Guid.NewGuid():N}");
        var report = await Catalog.Audits.ReadReportAsync(result.ReportName, CancellationToken.None);
        return report.Findings.ToLookup(finding => finding.Code, finding => finding.Object);
    }

    public Task<T> RunAsync<T>(string orchestration, object input, string id) =>
        new ReplayEngine(Catalog.Activities, Time).RunAsync<T>(orchestration, input, id);

    public async Task<EncryptBlobResult> ProtectAsync(string name, string content, bool overwrite = false, TestPipeline? catalog = null)
    {
        var uploaded = await Storage.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), overwrite: true);
        var input = new EncryptBlobInput { BlobName = name, ETag = uploaded.Value.ETag.ToString(), Overwrite = overwrite };
        var engine = new ReplayEngine((catalog ?? Catalog).Activities, Time);
        return await engine.RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, EncryptBlobInput.InstanceIdFor(name, input.ETag));
    }

    public async Task<string> ReadAsync(string name, TestPipeline? catalog = null)
    {
        await using var blob = await (catalog ?? Catalog).Reader.OpenAsync(name, PinFreshness.Cached, CancellationToken.None);
        var content = new byte[blob.Envelope.Layout.PlaintextLength];
        await EnvelopeDownload.CopyToAsync(blob.Envelope, 1, (offset, bytes, _) =>
        {
            bytes.CopyTo(content.AsMemory((int)offset));
            return ValueTask.CompletedTask;
        });
        return Encoding.UTF8.GetString(content);
    }

    /// <summary>Deletes the records of all pinned branches.</summary>
    public async Task DeleteRecordsAsync()
    {
        foreach (var branch in (await PinsAsync()).All)
        {
            await Storage.Branches.DeleteAsync(BranchRecord.BlobNameOf(Key, branch), null, CancellationToken.None);
        }
    }

    public Task<RebuildResult> RebuildAsync(params IReadOnlyCollection<KeyIdentifier> mayEnable) =>
        Catalog.Get<BranchRebuilder>().RunAsync("rebuild", Key, mayEnable, CancellationToken.None);

    /// <summary>Forgets what this process knows, as another one would not know it.</summary>
    public void Forget() => Catalog.Branches.Forget();

    public async Task<EnvelopeHeader> HeaderAsync(string name) => EnvelopeHeader.Parse((await Catalog.Reader.DescribeAsync(name, CancellationToken.None)).Metadata, name);

    public Task<Core.Keys.KeyLife> LifeAsync(string name = Key) => Vault.ReadLifeWithPublicKeysAsync(name, CancellationToken.None);

    public async Task<BranchPins> PinsAsync(string name = Key) => BranchPins.Of(await LifeAsync(name));

    public async Task<VaultKey> CurrentVersionAsync(string name = Key) => (await LifeAsync(name)).Current!;

    public async Task<BranchRecord> RecordAsync(BranchName branch, string name = Key) => (await Records.FindAsync(name, branch, CancellationToken.None))!;

    /// <summary>What somebody does who may write to storage: a branch's record is gone, or holds bytes that nothing was wrapped to.</summary>
    public async Task SpoilRecordAsync(BranchName branch, bool isMissing)
    {
        var name = BranchRecord.BlobNameOf(Key, branch);
        var right = System.Text.Encoding.UTF8.GetString((await RecordAsync(branch)).ToUtf8Json());
        await Storage.Branches.DeleteAsync(name, null, CancellationToken.None);
        if (!isMissing)
        {
            foreach (var wrapping in (BranchRecord.Parse(System.Text.Encoding.UTF8.GetBytes(right), Key, branch)).Wrappings)
            {
                right = right.Replace(Base64Url.EncodeToString(wrapping.WrappedKey.Span), new string('Q', 342), StringComparison.Ordinal);
            }

            await Storage.Branches.PutAsync(name, BinaryData.FromString(right), "application/json", null, CancellationToken.None);
        }
    }

    /// <summary>What somebody does who may write to storage: whatever he likes stands under the name.</summary>
    public async Task StoreAsync(string name, SmallBlob blob) => await Storage.Protected.Client.GetBlobClient(name).UploadAsync(
        BinaryData.FromBytes(blob.Stored), new BlobUploadOptions { Metadata = blob.Header.ToMetadata() });

    /// <summary>A blob under a branch key of somebody's own, wrapped by the public part of a key version.</summary>
    public SmallBlob Forge(string name, BranchKey branch, VaultKey version) =>
        SmallBlob.Seal(Storage.Protected.Name, name, "forged"u8.ToArray(), branch, branch.WrapWith(version.Id, version.RequirePublicKey()));

    public void Dispose()
    {
        Catalog.Dispose();
        Vault.Dispose();
        Hsm.Dispose();
    }
}
