using Azure.Storage.Blobs;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Replay;

namespace Byok.Pipeline.Tests;

/// <summary>The pipeline over the real emulator and doubles of vault and HSM.</summary>
internal sealed class PipelineFixture : IDisposable
{
    private PipelineFixture(StorageAccount storage, PipelineOptions options, IHsm? hsm)
    {
        Storage = storage;
        Vault = new InMemoryVault { CreateRsa = new PreparedKeys().Create };
        Ledger = new InMemoryLedger();
        Catalog = new TestPipeline(Vault, hsm, storage, Ledger, options, TimeProvider.System);
    }

    public StorageAccount Storage { get; }

    public InMemoryVault Vault { get; }

    public InMemoryLedger Ledger { get; }

    public TestPipeline Catalog { get; }

    public static async Task<PipelineFixture> CreateAsync(
        AzuriteFixture azurite, PipelineOptions? options = null, IHsm? hsm = null, Action<BlobClientOptions>? configure = null) =>
        new(await azurite.CreateAccountAsync(configure: configure), options ?? new PipelineOptions { DefaultKey = "customer-key", AcceptedKeys = ["customer-key", "special"] }, hsm);

    /// <summary>A key as a bring leaves it.</summary>
    public Task<VaultKey> AddKeyAsync(string name = "customer-key") => Vault.AddPinnedKeyAsync(Storage, name);

    public ReplayEngine Engine() => new(Catalog.Activities, TimeProvider.System);

    public void Dispose()
    {
        Catalog.Dispose();
        Vault.Dispose();
    }
}
