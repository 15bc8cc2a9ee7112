using Azure.Core;
using Byok.Client.Records;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.RotateKey;
using Byok.Testing.Replay;
using Byok.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>A stack of its own for one run, with faults to be armed between the pipeline and storage, vault and HSM; and what must hold whatever happened.</summary>
internal sealed class FaultScene : IDisposable
{
    private readonly List<string> _badDeletes = [];

    private FaultScene(LifeStack stack, InMemoryBlobService service, FaultyNetwork network, FaultyCalls vault, FaultyCalls hsm) =>
        (Stack, Service, Network, VaultCalls, HsmCalls, Runner) = (stack, service, network, vault, hsm, stack.Engine);

    public LifeStack Stack { get; }

    public InMemoryBlobService Service { get; }

    public FaultyNetwork Network { get; }

    public FaultyCalls VaultCalls { get; }

    public FaultyCalls HsmCalls { get; }

    /// <summary>What runs orchestrations here.</summary>
    public IOrchestrationRunner Runner { get; set; }

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
        await RecordAsync(stack, stack.Vault.AddActiveKey(LifeStack.Key, material: material));
        stack.Hsm.Put(LifeStack.Key, material);
        await scenario.PrepareAsync(scene);
        time.Advance(TimeSpan.FromMinutes(5)); // nothing is cached that another process would not have
        return scene;
    }

    public async Task UploadAsync(string name, byte[] content)
    {
        var uploaded = await Stack.Storage.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(content), overwrite: true);
        Uploads[name] = uploaded.Value.ETag.ToString();
        Contents[name] = content;
    }

    public Task<VaultKey> CurrentKeyAsync() => Stack.Catalog.Keys.GetCurrentAsync(LifeStack.Key, CancellationToken.None);

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

    public void Dispose()
    {
        Stack.Dispose();
        Network.Dispose();
    }

    private static async Task RecordAsync(LifeStack stack, VaultKey key)
    {
        foreach (var kind in new[] { "key.imported", "key.activated" })
        {
            await stack.Ledger.AppendAsync(
                new LedgerEvent
                {
                    EventId = $"seed/{kind}",
                    Kind = kind,
                    Subject = key.Id.ToString(),
                    CorrelationId = "seed",
                    Details = new Dictionary<string, string> { ["thumbprint"] = key.PublicKey!.Thumbprint },
                },
                CancellationToken.None);
        }
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

        Stack.Catalog.Keys.Forget();
    }

    private void OnFailure(string activity, Exception exception)
    {
        if (exception is not ByokException or UnexpectedFailureException)
        {
            lock (UntypedFailures)
            {
                UntypedFailures.Add($"{activity}: {exception}");
            }
        }
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
