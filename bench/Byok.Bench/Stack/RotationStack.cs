using System.Diagnostics;
using System.Text.Json;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Byok.Client.Reading;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Durable;
using Byok.Pipeline;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.RotateKey;
using Byok.Storage;
using Byok.Storage.Ledger;
using Byok.Testing;

namespace Byok.Bench.Stack;

/// <summary>Whole rotations of many small blobs: the pipeline on the embedded engine, vault and HSM in memory with real RSA, the real ledger.</summary>
internal sealed class RotationStack : IAsyncDisposable
{
    private const string KeyName = "customer-key";

    private readonly InMemoryHsm _hsm = new();
    private readonly InMemoryVault _vault = new();
    private readonly StorageAccount _storage;
    private readonly BlobLedger _ledger;
    private readonly int _sizeInBits;
    private readonly TestPipeline _catalog;
    private DurableEngine _engine = null!;
    private int _labels;

    private readonly Func<int> _vaultCalls;

    private RotationStack(StorageAccount storage, int sizeInBits)
    {
        _storage = storage;
        _sizeInBits = sizeInBits;
        var options = new PipelineOptions { DefaultKey = KeyName, KekSizeInBits = 2048, KeyCacheTime = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };
        _ledger = new BlobLedger(storage.Ledger, TimeProvider.System);
        (var vault, _vaultCalls) = CallCounter.Around<IKeyVault>(_vault);
        _catalog = new TestPipeline(vault, _hsm, storage, _ledger, options, TimeProvider.System);
    }

    /// <summary>Calls of the vault so far.</summary>
    public int VaultCalls => _vaultCalls();

    /// <summary>How long each activation took, in seconds: from the proof of the imported key to its activation, all branches in between.</summary>
    public List<double> Activations { get; } = [];

    /// <summary>A stack in containers of its own, with a key that was brought.</summary>
    public static async Task<RotationStack> StartAsync(string connectionString, RequestCounter counter, int sizeInBits)
    {
        var options = StorageAccount.CreateClientOptions();
        options.AddPolicy(counter, HttpPipelinePosition.PerRetry);
        var names = new StorageOptions { UploadsContainer = "ours-uploads", ProtectedContainer = "ours", BranchesContainer = "ours-branches", LedgerContainer = "ours-ledger", AuditsContainer = "ours-audits" };
        var storage = new StorageAccount(new BlobServiceClient(connectionString, options), names);
        await storage.EnsureContainersAsync(CancellationToken.None).ConfigureAwait(false);
        var stack = new RotationStack(storage, sizeInBits);
        stack._engine = await DurableEngine.OpenAsync(
            RunFolder.NewPath(), PipelineOrchestrations.All, stack.Activities(), new DurableEngineOptions(), TimeProvider.System).ConfigureAwait(false);
        await stack._engine.StartAsync().ConfigureAwait(false);
        await stack.PrepareAsync().ConfigureAwait(false);
        await stack.RunAsync<BringKeyResult>(BringKeyOrchestration.Name, new BringKeyInput { KeyName = KeyName, KeyLabel = stack.Label }).ConfigureAwait(false);
        await stack.PrepareAsync().ConfigureAwait(false);
        return stack;
    }

    /// <summary>Name and ETag of every protected blob.</summary>
    public async Task<HashSet<(string Name, string ETag)>> StatesAsync() =>
        [.. await _catalog.Reader.ListAsync(null, CancellationToken.None).Select(blob => (blob.Name, blob.ETag.ToString())).ToListAsync().ConfigureAwait(false)];

    private string Label => $"{KeyName}-{_labels}";

    /// <summary>Makes the next master key, which is the HSM's work and not measured.</summary>
    public Task PrepareAsync()
    {
        _labels++;
        return _hsm.GenerateMasterKeyAsync(Label, _sizeInBits, CancellationToken.None);
    }

    /// <summary>Puts one protected blob there, and into the ledger.</summary>
    public async Task SeedAsync(string name, byte[] content)
    {
        using var branch = await _catalog.Branches.GetCurrentAsync(KeyName, PinFreshness.Cached, CancellationToken.None).ConfigureAwait(false);
        var blob = SmallBlob.Seal(_storage.Protected.Name, name, content, branch.Key, branch.Wrapping);
        await _storage.Protected.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(blob.Stored), new BlobUploadOptions { Metadata = blob.Header.ToMetadata() }).ConfigureAwait(false);
        await _ledger.AppendAsync(blob.LedgerEvents(_storage.Protected.Name, name), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>A whole rotation: brings the next master key, wraps every branch with it, disables the old version.</summary>
    public Task<RotateKeyResult> RotateAsync() => RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = KeyName, NewLabel = Label });

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync().ConfigureAwait(false);
        _catalog.Dispose();
        _vault.Dispose();
        _hsm.Dispose();
    }

    private List<ActivityDescriptor> Activities() => [.. _catalog.Activities.Select(activity => activity.Name == ActivateKey.Name ? Timed(activity) : activity)];

    private ActivityDescriptor Timed(ActivityDescriptor activity) => activity with
    {
        RunAsync = async (input, cancellationToken) =>
        {
            var start = Stopwatch.GetTimestamp();
            var output = await activity.RunAsync(input, cancellationToken).ConfigureAwait(false);
            Activations.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            return output;
        },
    };

    private async Task<T> RunAsync<T>(string orchestration, object input)
    {
        var instance = $"{orchestration}-{Guid.NewGuid():N}";
        await _engine.ScheduleAsync(orchestration, input, instance, CancellationToken.None).ConfigureAwait(false);
        var status = await _engine.WaitAsync(instance, null, CancellationToken.None).ConfigureAwait(false);
        return status.State == OrchestrationState.Completed
            ? status.Output!.Value.Deserialize<T>(OrchestrationJson.Options)!
            : throw new UnexpectedFailureException($"'{instance}' ended as {status.State}: {status.Failure?.Message}");
    }
}
