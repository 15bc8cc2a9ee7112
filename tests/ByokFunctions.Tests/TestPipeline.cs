using Azure.Storage.Blobs;
using Byok.Core.Ports;
using Byok.Pipeline;
using Byok.Storage;
using Byok.Testing;

namespace ByokFunctions.Tests;

internal static class TestPipeline
{
    /// <summary>An account that nobody answers for: for tests that never touch storage.</summary>
    public static StorageAccount NoStorage { get; } = new(new BlobServiceClient(new Uri("https://nobody.blob.example")));

    public static PipelineCatalog Compose(IKeyVault vault, IHsm hsm, StorageAccount storage, PipelineOptions options, ILedger? ledger = null) =>
        new(new PipelineServices(vault, hsm, storage, ledger ?? new InMemoryLedger(), options, TimeProvider.System));
}
