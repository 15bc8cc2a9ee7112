using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Pipeline;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage.Ledger;
using Byok.Testing;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>A DEK is in memory while its blob is worked on, a branch key until the cache has let go of it; then they are nowhere in the process.</summary>
public sealed class KeyMemoryTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task EncryptBlob_CacheHasLetGo_NoKeyIsInMemory()
    {
        var folder = Directory.CreateTempSubdirectory("byok-journal-").FullName;
        using var inMemory = new InMemoryVault();
        var vault = new RecordingVault(inMemory, OwnMemory.Mask);
        var storage = await azurite.CreateAccountAsync();
        await inMemory.AddPinnedKeyAsync(storage, "customer-key");
        List<byte[]> deks;
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

            deks = await StoredDek.OpenAllAsync(storage, vault.Unwrapped.First(), OwnMemory.Mask);
            Assert.Equal(20, deks.Count);

            // The search finds what the cache still holds. DEKs it does not hold: each blob's went with the work on it.
            var before = OwnMemory.Count([.. vault.Unwrapped, .. deks]);
            Console.WriteLine($"branch keys and DEKs in memory while the branch is cached: {string.Join(' ', before)}");
            Assert.All(before[..^deks.Count], count => Assert.NotEqual(0, count));
            Assert.All(before[^deks.Count..], count => Assert.Equal(0, count));
        }

        var after = OwnMemory.Count([.. vault.Unwrapped, .. deks]);
        Console.WriteLine($"branch keys and DEKs in memory when the cache has let go: {string.Join(' ', after)}");
        Assert.All(after, count => Assert.Equal(0, count));
        Directory.Delete(folder, recursive: true);
    }
}
