using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Byok.Core.Ports;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Tests.Replay;
using Byok.Storage;
using Byok.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.RotateKey;

[Collection(MemoryCollection.Name)]
public class RotateKeyMemoryTests
{
    [Fact]
    public Task Rotate_TwentyThousandBlobs_NeedsConstantMemoryAndHistory() => RotateAsync(20_000);

    [Fact]
    [Trait("Category", "Long")]
    public Task Rotate_AMillionBlobs_NeedsConstantMemoryAndHistory() => RotateAsync(1_000_000);

    private static async Task RotateAsync(int blobs)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var vault = new InMemoryVault(time);
        using var hsm = new InMemoryHsm();
        var metadata = Metadata(vault);
        using var container = new EndlessContainer(blobs, metadata);
        using var client = new HttpClient(container);
        var storage = new StorageAccount(
            new BlobServiceClient(new Uri("http://endless.test"), StorageAccount.CreateClientOptions(new HttpClientTransport(client))));
        var options = LifeStack.DefaultOptions with { BlobsPerPage = 500 };
        var engine = new ReplayEngine(() => new PipelineCatalog(new PipelineServices(vault, hsm, storage, new ForgetfulLedger(), options, time)), time);
        await engine.RunAsync<BringKeyResult>(
            BringKeyOrchestration.Name, new BringKeyInput { KeyName = "unused", KeyLabel = "unused", GenerateSizeInBits = 2048 }, "warm-up");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        engine.OnActivity = _ =>
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false));
            engine.Statuses.Clear();
            return Task.CompletedTask;
        };

        var result = await RotateKeyOnAsync(engine);

        Assert.Equal(blobs, result.Rewrapped);
        Assert.Equal(blobs, container.Writes);
        Assert.True(most - before < 250_000_000, $"{(most - before) / 1e6:0} MB more than at the start");
        Assert.True(engine.LongestHistory <= RotateKeyOrchestration.PagesPerRun + 10, $"history of {engine.LongestHistory}");
    }

    private static Task<RotateKeyResult> RotateKeyOnAsync(ReplayEngine engine) => engine.RunAsync<RotateKeyResult>(
        RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = LifeStack.Key, GracePeriod = TimeSpan.Zero }, "rotate");

    /// <summary>The header that all blobs have: they are copies of one, which a rotation moves like any other.</summary>
    private static Dictionary<string, string> Metadata(InMemoryVault vault) =>
        SmallBlob.Seal("protected", "0", new byte[16], vault.AddActiveKey(LifeStack.Key)).Header.ToMetadata();

    private sealed class ForgetfulLedger : ILedger
    {
        public Task AppendAsync(LedgerEvent ledgerEvent, CancellationToken cancellationToken) => Task.CompletedTask;

        public IAsyncEnumerable<LedgerEntry> ReadAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<LedgerEntry>();
    }
}
