using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Pipeline;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage.Ledger;
using Byok.Testing;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>While blobs are worked on, their DEKs are in memory; once the cache has let go of them, they are nowhere in the process.</summary>
public sealed class DekMemoryTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task EncryptBlob_CacheHasLetGo_NoDekIsInMemory()
    {
        var folder = Directory.CreateTempSubdirectory("byok-journal-").FullName;
        using var inMemory = new InMemoryVault();
        inMemory.AddActiveKey("customer-key");
        var vault = new RecordingVault(inMemory, OwnMemory.Mask);
        var storage = await azurite.CreateAccountAsync();
        using (var catalog = new TestPipeline(
            vault, null, storage, new BlobLedger(storage.Ledger, TimeProvider.System), new PipelineOptions { DefaultKey = "customer-key" }, TimeProvider.System))
        {
            await using (var engine = await DurableEngine.OpenAsync(
                Path.Combine(folder, "journal.db"), PipelineOrchestrations.All, catalog.Activities, new DurableEngineOptions(), TimeProvider.System))
            {
                await engine.StartAsync();
                for (var number = 0; number < 20; number++)
                {
                    var name = $"blob-{number}";
                    var upload = await storage.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(TestBytes.Create(number % 5 == 0 ? 9_000_000 : 1000)));
                    await engine.ScheduleAsync(EncryptBlobOrchestration.Name, new EncryptBlobInput { BlobName = name, ETag = upload.Value.ETag.ToString() }, name, CancellationToken.None);
                    var status = await engine.WaitAsync(name, null, CancellationToken.None);
                    Assert.Equal(OrchestrationState.Completed, status.State);
                }
            }

            // The search finds what the cache still holds.
            var before = OwnMemory.Count([.. vault.UnwrappedDeks]);
            Console.WriteLine($"DEKs in memory while they are cached: {string.Join(' ', before)}");
            Assert.True(before.Length >= 20);
            Assert.All(before, count => Assert.NotEqual(0, count));
        }

        var after = OwnMemory.Count([.. vault.UnwrappedDeks]);
        Console.WriteLine($"DEKs in memory when the cache has let go: {string.Join(' ', after)}");
        Assert.All(after, count => Assert.Equal(0, count));
        Directory.Delete(folder, recursive: true);
    }
}
