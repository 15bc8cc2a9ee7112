using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;
using Byok.Storage.Ledger;
using Byok.Testing;
using Byok.Testing.Replay;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests;

/// <summary>The pipeline for tests of a key's life: the real emulator and ledger, doubles of vault and HSM, a clock that timers move.</summary>
internal sealed class LifeStack : IDisposable
{
    public const string Key = "customer-key";

    private readonly Func<IKeyVault, IKeyVault> _decorateVault;
    private readonly Func<IHsm, IHsm> _decorateHsm;

    public LifeStack(
        StorageAccount storage, PipelineOptions options, FakeTimeProvider? time = null,
        Func<IKeyVault, IKeyVault>? decorateVault = null, Func<IHsm, IHsm>? decorateHsm = null)
    {
        Storage = storage;
        Options = options;
        Time = time ?? new FakeTimeProvider(Start);
        _decorateVault = decorateVault ?? (vault => vault);
        _decorateHsm = decorateHsm ?? (hsm => hsm);
        Vault = new InMemoryVault(Time);
        Vault.CreateRsa = Hsm.CreateRsa = new PreparedKeys().Create;
        Ledger = new BlobLedger(storage.Ledger, Time);
        Engine = new ReplayEngine(CreateCatalog, Time, Time.SetUtcNow);
        Catalog = CreateCatalog();
    }

    /// <summary>A stack with a key that was brought.</summary>
    public static async Task<LifeStack> CreateAsync(AzuriteFixture azurite, PipelineOptions? options = null, Action<BlobClientOptions>? configure = null)
    {
        var stack = new LifeStack(await azurite.CreateAccountAsync(configure: configure), options ?? DefaultOptions);
        await stack.BringAsync(Key);
        return stack;
    }

    /// <summary>The names that tests bring keys under.</summary>
    public static IReadOnlyCollection<string> AcceptedKeys { get; } = [Key, "other", "second", "disabled"];

    public static PipelineOptions DefaultOptions { get; } = new() { DefaultKey = Key, AcceptedKeys = AcceptedKeys, KekSizeInBits = 2048, BlobsPerPage = 10 };

    public static DateTimeOffset Start { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public FakeTimeProvider Time { get; }

    public PipelineOptions Options { get; }

    public StorageAccount Storage { get; }

    public InMemoryVault Vault { get; }

    public InMemoryHsm Hsm { get; } = new();

    public BlobLedger Ledger { get; }

    public ReplayEngine Engine { get; }

    /// <summary>Another process on the same stack: reads and writes beside the engine.</summary>
    public TestPipeline Catalog { get; }

    public TestPipeline CreateCatalog() => new(_decorateVault(Vault), _decorateHsm(Hsm), Storage, Ledger, Options, Time);

    public Task<BringKeyResult> BringAsync(string name, string? label = null) => Engine.RunAsync<BringKeyResult>(
        BringKeyOrchestration.Name, new BringKeyInput { KeyName = name, KeyLabel = label ?? name, GenerateSizeInBits = 2048 }, $"bring-{name}-{Guid.NewGuid():N}");

    /// <summary>Uploads as a client does, and encrypts through the pipeline of another process.</summary>
    public async Task<EncryptBlobResult> UploadAsync(string name, byte[] content, bool overwrite = false)
    {
        var blob = Storage.Uploads.Client.GetBlobClient(name);
        var uploaded = await blob.UploadAsync(BinaryData.FromBytes(content), overwrite: true);
        var input = new EncryptBlobInput { BlobName = name, ETag = uploaded.Value.ETag.ToString(), Overwrite = overwrite };
        var engine = new ReplayEngine(Catalog.Activities, Time);
        return await engine.RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, EncryptBlobInput.InstanceIdFor(name, input.ETag));
    }

    /// <summary>Puts many small protected blobs there at one request each, as the pipeline would have.</summary>
    public async Task<IReadOnlyList<string>> SeedAsync(int count, string prefix = "blob-")
    {
        using var branch = await CurrentBranchAsync();
        var names = Enumerable.Range(0, count).Select(number => $"{prefix}{number:D6}").ToList();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (name, _) => await SeedAsync(name, ContentOf(name), branch));
        return names;
    }

    public static byte[] ContentOf(string name) => System.Text.Encoding.UTF8.GetBytes($"content of {name}");

    /// <summary>Puts one small protected blob there.</summary>
    public async Task SeedAsync(string name, byte[] content, CurrentBranch branch, bool isRecorded = true)
    {
        var blob = SmallBlob.Seal(Storage.Protected.Name, name, content, branch.Key, branch.Wrapping);
        var options = new BlobUploadOptions { Metadata = blob.Header.ToMetadata(new Dictionary<string, string> { ["Owner"] = "somebody" }) };
        await Storage.Protected.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(blob.Stored), options);
        if (isRecorded)
        {
            await Ledger.AppendAsync(blob.LedgerEvents(Storage.Protected.Name, name), CancellationToken.None);
        }
    }

    /// <summary>
    /// What somebody does who may write to storage and held the branch key: an envelope with DEK and content of his own stands under the name of ours, and has its
    /// blob id, or the one that is given.
    /// </summary>
    public async Task ForgeAsync(string name, string content, string? blobId = null)
    {
        var header = await HeaderAsync(name);
        header = blobId is null ? header : header with { BlobId = BlobId.Parse(blobId) };
        using var branch = await Vault.OpenBranchAsync(Storage, header.Wrapping.KeyId.Name, header.Branch);
        var forged = SmallBlob.Seal(Storage.Protected.Name, name, System.Text.Encoding.UTF8.GetBytes(content), branch, header.Wrapping, header);
        await Storage.Protected.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(forged.Stored), new BlobUploadOptions { Metadata = forged.Header.ToMetadata() });
        Assert.Equal(content, System.Text.Encoding.UTF8.GetString(await ReadAsync(name)));
    }

    /// <summary>Reads a blob as a process does that has just started: its branch key from the vault.</summary>
    public async Task<byte[]> ReadAsync(string name)
    {
        Catalog.Branches.Forget();
        await using var blob = await Catalog.Reader.OpenAsync(name, PinFreshness.Now, CancellationToken.None);
        var content = new byte[blob.Envelope.Layout.PlaintextLength];
        await EnvelopeDownload.CopyToAsync(blob.Envelope, 2, (offset, bytes, _) =>
        {
            bytes.CopyTo(content.AsMemory((int)offset));
            return ValueTask.CompletedTask;
        });
        return content;
    }

    public async Task<EnvelopeHeader> HeaderAsync(string name) =>
        EnvelopeHeader.Parse((await Catalog.Reader.DescribeAsync(name, CancellationToken.None)).Metadata, name);

    public async Task<VaultKey> VersionAsync(KeyIdentifier id) => await Vault.GetKeyAsync(id.Name, id.Version, CancellationToken.None);

    public async Task<List<VaultKey>> VersionsAsync(string name = Key) => await Vault.ListKeyVersionsAsync(name, CancellationToken.None).ToListAsync();

    /// <summary>The branches that are pinned for a key.</summary>
    public async Task<BranchPins> PinsAsync(string name = Key) => BranchPins.Of(await Vault.ReadLifeAsync(name, CancellationToken.None));

    /// <summary>What blobs are written under in another process.</summary>
    public Task<CurrentBranch> CurrentBranchAsync(string name = Key, PinFreshness freshness = PinFreshness.Now) =>
        Catalog.Branches.GetCurrentAsync(name, freshness, CancellationToken.None);

    /// <summary>A branch's record.</summary>
    public async Task<BranchRecord> RecordAsync(BranchName branch, string name = Key) =>
        (await new BranchRecords(Storage.Branches).FindAsync(name, branch, CancellationToken.None))!;

    /// <summary>What changes with each write of a protected blob, by name.</summary>
    public async Task<Dictionary<string, string>> ETagsAsync() =>
        await Storage.Protected.Client.GetBlobsAsync().ToDictionaryAsync(blob => blob.Name, blob => blob.Properties.ETag!.Value.ToString());

    /// <summary>How many protected blobs each branch has, by what the headers say.</summary>
    public async Task<Dictionary<string, int>> CoverageAsync()
    {
        var counts = new Dictionary<string, int>();
        await foreach (var blob in Catalog.Reader.ListAsync(null, CancellationToken.None))
        {
            var id = blob.Metadata[EnvelopeFields.Branch];
            counts[id] = counts.GetValueOrDefault(id) + 1;
        }

        return counts;
    }

    public void Dispose()
    {
        Catalog.Dispose();
        Vault.Dispose();
        Hsm.Dispose();
    }
}
