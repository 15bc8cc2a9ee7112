using Azure.Core;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Ports;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RotateKey;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Replay;
using Byok.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>A stack of its own for one run, with faults to be armed between the pipeline and storage, vault and HSM; and what must hold whatever happened.</summary>
internal sealed class FaultScene : IDisposable
{
    private readonly List<string> _badDeletes = [];
    private StorageAccount? _storage;

    private FaultScene(LifeStack stack, InMemoryBlobService service, FaultyNetwork network, FaultyCalls vault, FaultyCalls hsm) =>
        (Stack, Service, Network, VaultCalls, HsmCalls, Runner) = (stack, service, network, vault, hsm, stack.Engine);

    public LifeStack Stack { get; }

    public InMemoryBlobService Service { get; }

    public FaultyNetwork Network { get; }

    public FaultyCalls VaultCalls { get; }

    public FaultyCalls HsmCalls { get; }

    /// <summary>What runs orchestrations here.</summary>
    public IOrchestrationRunner Runner { get; set; }

    /// <summary>Whose operation it is: a failed one is run again under its own id, and somebody else's has another.</summary>
    public string Actor { get; set; } = "first";

    /// <summary>What storage does to requests in this run.</summary>
    public FaultKind? Fault { get; set; }

    /// <summary>Whether the first run failed and the operation was given again.</summary>
    public bool IsRepeated { get; set; }

    /// <summary>Name and ETag of what was uploaded.</summary>
    public Dictionary<string, string> Uploads { get; } = [];

    /// <summary>What every blob must give when it is read, under its name in protected or, while it is not there, in uploads.</summary>
    public Dictionary<string, byte[]> Contents { get; } = [];

    /// <summary>How the rotation ended, if that was the scenario.</summary>
    public RotateKeyResult? Rotated { get; set; }

    /// <summary>How the retirement ended, if that was the scenario.</summary>
    public RetireBranchResult? Retired { get; set; }

    /// <summary>The branch that it retires.</summary>
    public BranchName? Branch { get; set; }

    /// <summary>The blobs' ETags before the scenario.</summary>
    public Dictionary<string, string> ETags { get; } = [];

    /// <summary>Failures of activities that are not of the pipeline's own types, or say no more than that something unexpected happened.</summary>
    public List<string> UntypedFailures { get; } = [];

    public static async Task<FaultScene> CreateAsync(Scenario scenario)
    {
        var time = new FakeTimeProvider(LifeStack.Start);
        var service = new InMemoryBlobService(time);
        var network = new FaultyNetwork(service);
        var storage = await service.CreateAccountAsync(network, options =>
        {
            options.Retry.Mode = RetryMode.Fixed;
            options.Retry.MaxRetries = 1;
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        });
        FaultyCalls vault = new("vault"), hsm = new("HSM");
        var stack = new LifeStack(
            storage, LifeStack.DefaultOptions with { BlobsPerPage = 2 }, time, inner => new FaultyVault(inner, vault), inner => new FaultyHsm(inner, hsm));
        var scene = new FaultScene(stack, service, network, vault, hsm);
        stack.Engine.OnFailure = scene.OnFailure;
        network.OnRequest = scene.OnRequest;
        var material = stack.Vault.CreateRsa(2048);
        await RecordAsync(stack, await stack.Vault.AddPinnedKeyAsync(storage, LifeStack.Key, time, material: material));
        stack.Hsm.Put(LifeStack.Key, material);
        await scenario.PrepareAsync(scene);
        time.Advance(TimeSpan.FromMinutes(5)); // nothing is cached that another process would not have
        return scene;
    }

    public async Task UploadAsync(string name, byte[] content, StorageAccount? storage = null)
    {
        var uploaded = await (storage ?? Stack.Storage).Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(content), overwrite: true);
        Uploads[name] = uploaded.Value.ETag.ToString();
        Contents[name] = content;
    }

    public Task<CurrentBranch> CurrentBranchAsync() => Stack.Catalog.Branches.GetCurrentAsync(LifeStack.Key, PinFreshness.Now, CancellationToken.None);

    public async Task<BranchPins> PinsAsync() => BranchPins.Of(await Stack.Vault.ReadLifeAsync(LifeStack.Key, CancellationToken.None));

    public async Task<string> ETagAsync(string name) => (await Stack.Catalog.Reader.DescribeAsync(name, CancellationToken.None)).ETag.ToString();

    public async Task<List<LedgerEntry>> LedgerAsync() => await Stack.Ledger.ReadAsync(CancellationToken.None).ToListAsync();

    /// <summary>What is stored of every blob is the state that the ledger has as the last confirmed one.</summary>
    public async Task AssertRecordedAsync()
    {
        using var catalog = Stack.CreateCatalog();
        foreach (var name in Contents.Keys)
        {
            Assert.Equal((name, BlobStanding.Confirmed), (name, await catalog.Records.StandingOfAsync(name, await Stack.HeaderAsync(name), default)));
        }
    }

    /// <summary>
    /// What holds at every moment in which the key is in use: each pinned branch is recorded and unwraps under an enabled version by its record, no blob is under any
    /// other branch, and a process that has just started reads each.
    /// </summary>
    public async Task AssertBranchesAsync()
    {
        using var bystander = await CreateBystanderAsync();
        var life = await Stack.Vault.ReadLifeWithPublicKeysAsync(LifeStack.Key, default);
        var pins = BranchPins.Of(life);
        var enabled = life with { Versions = [.. life.Versions.Where(version => version.Enabled || !WrappingKeyPolicy.IsInUse(version))] };
        foreach (var branch in pins.All)
        {
            using var key = await bystander.BranchKeeper.OpenAsync(enabled, branch, default);
        }

        await foreach (var blob in bystander.Reader.ListAsync(null, default))
        {
            var branch = EnvelopeHeader.Parse(blob.Metadata, blob.Name).Branch;
            Assert.True(pins.Contains(branch), $"'{blob.Name}' is under a branch that is not pinned.");
            await using var opened = await bystander.Reader.OpenAsync(blob, PinFreshness.Cached, default);
            await using var stream = new DecryptingStream(opened.Envelope);
            var content = new byte[stream.Length];
            await stream.ReadExactlyAsync(content);
            Assert.True(!Contents.TryGetValue(blob.Name, out var right) || content.SequenceEqual(right), $"'{blob.Name}' reads as something else.");
        }
    }

    /// <summary>Another process, which no fault strikes.</summary>
    public async Task<TestPipeline> CreateBystanderAsync()
    {
        _storage ??= await Service.CreateAccountAsync();
        return new TestPipeline(Stack.Vault, Stack.Hsm, _storage, ledger: null, Stack.Options, Stack.Time);
    }

    public void Disarm()
    {
        Network.Disarm();
        VaultCalls.Disarm();
        HsmCalls.Disarm();
    }

    /// <summary>What holds after every run, whether it ended well or not.</summary>
    public async Task AssertNothingLostAsync()
    {
        Assert.Empty(_badDeletes);
        Assert.Empty(UntypedFailures);
        var ledger = await LedgerAsync(); // reading verifies the chain
        Assert.Empty(ledger.GroupBy(entry => entry.Event.EventId).Where(group => group.Count() > 1).Select(group => group.Key));
        await AssertOneImportPerRequestAsync(ledger);
        await GiveBackTheKeyAsync();
        using var catalog = Stack.CreateCatalog();
        foreach (var (name, content) in Contents)
        {
            var isProtected = Service.Holds(Stack.Storage.Protected.Name, name);
            var isUploaded = Service.Holds(Stack.Storage.Uploads.Name, name);
            Assert.True(isProtected || isUploaded, $"'{name}' is gone.");
            var mac = isProtected ? BlobState.Of(await Stack.HeaderAsync(name)).Mac : null;
            var isRecorded = isProtected && ledger.Exists(entry => entry.Event.Kind == "blob.confirmed" && entry.Event.Details["mac"] == mac);
            if (!isProtected || (isUploaded && !isRecorded))
            {
                continue; // the plaintext is still there
            }

            Assert.Equal(content, await Stack.ReadAsync(name));
        }
    }

    public void OnFailure(string activity, Exception exception)
    {
        if (exception is not ByokException or UnexpectedFailureException)
        {
            lock (UntypedFailures)
            {
                UntypedFailures.Add($"{activity}: {exception}");
            }
        }
    }

    public void Dispose()
    {
        Stack.Dispose();
        Network.Dispose();
    }

    private static async Task RecordAsync(LifeStack stack, VaultKey key)
    {
        var pins = BranchPins.Of(await stack.Vault.ReadLifeAsync(key.Id.Name, CancellationToken.None));
        await stack.Ledger.AppendAsync(LedgerEvents.KeyImported("seed", key.Id, LifeStack.Key), CancellationToken.None);
        await stack.Ledger.AppendAsync(LedgerEvents.KeyActivated("seed", key.Id, key.RequirePublicKey().Thumbprint, pins), CancellationToken.None);
    }

    private async Task AssertOneImportPerRequestAsync(List<LedgerEntry> ledger)
    {
        var imports = new Dictionary<string, int>();
        await foreach (var key in Stack.Vault.ListKeysAsync(default))
        {
            await foreach (var version in Stack.Vault.ListKeyVersionsAsync(key.Id.Name, default))
            {
                var purpose = $"{version.Tags.GetValueOrDefault(KeyTags.Request)} {version.Tags.GetValueOrDefault(KeyTags.Purpose)}";
                imports[purpose] = imports.GetValueOrDefault(purpose) + 1;
            }
        }

        Assert.All(imports, import => Assert.True(import.Value == 1, $"{import.Value} keys were made for '{import.Key}'."));
        Assert.True(ledger.Count(entry => entry.Event.Kind == "key.exported") <= Stack.Hsm.Exports.Count, "The ledger knows of exports that never were.");
    }

    // A revoked key is given back past the pipeline: what counts here is that the data is back with it.
    private async Task GiveBackTheKeyAsync()
    {
        if (await Stack.Vault.ListDeletedKeysAsync(default).AnyAsync(deleted => deleted.Key.Id.Name == LifeStack.Key))
        {
            await Stack.Vault.RecoverDeletedKeyAsync(LifeStack.Key, default);
        }

        foreach (var version in await Stack.VersionsAsync())
        {
            if (!version.Enabled)
            {
                await Stack.Vault.UpdateKeyAsync(version.Id, new KeyAttributes { Enabled = true }, default);
            }
        }

        Stack.Catalog.Branches.Forget();
    }

    private void OnRequest(HttpRequestMessage request)
    {
        var path = Uri.UnescapeDataString(request.RequestUri!.AbsolutePath).TrimStart('/');
        if (request.Method == HttpMethod.Delete && path.StartsWith($"{Stack.Storage.Uploads.Name}/", StringComparison.Ordinal))
        {
            var name = path[(Stack.Storage.Uploads.Name.Length + 1)..];
            if (!Service.Holds(Stack.Storage.Protected.Name, name) && !name.StartsWith("byok-canary/", StringComparison.Ordinal))
            {
                _badDeletes.Add($"The plaintext of '{name}' was deleted before its ciphertext was there.");
            }
        }
    }
}
