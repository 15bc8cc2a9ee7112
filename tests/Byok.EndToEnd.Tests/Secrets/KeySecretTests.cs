using System.Text;
using Azure.Storage.Blobs.Models;
using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Pipeline;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage.Ledger;
using Byok.Testing;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>No branch key and no DEK reaches the journal, the ledger, a record or the stored blob, in whatever form.</summary>
public sealed class KeySecretTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task EncryptBlob_OnTheRealEngine_LeavesNoKeyAnywhere()
    {
        var folder = Directory.CreateTempSubdirectory("byok-journal-").FullName;
        using var inMemory = new InMemoryVault();
        var vault = new RecordingVault(inMemory);
        var storage = await azurite.CreateAccountAsync();
        await inMemory.AddPinnedKeyAsync(storage, "customer-key");
        using (var catalog = new TestPipeline(
            vault, null, storage, new BlobLedger(storage.Ledger, TimeProvider.System), new PipelineOptions { DefaultKey = "customer-key" }, TimeProvider.System))
        {
            await using var engine = await DurableEngine.OpenAsync(
                Path.Combine(folder, "journal.db"), PipelineOrchestrations.All, catalog.Activities, new DurableEngineOptions(), TimeProvider.System);
            await engine.StartAsync();
            foreach (var (name, length) in new[] { ("small", 1000), ("large", 70_000_000) })
            {
                var upload = await storage.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(TestBytes.Create(length)));
                var input = new EncryptBlobInput { BlobName = name, ETag = upload.Value.ETag.ToString() };
                await engine.ScheduleAsync(EncryptBlobOrchestration.Name, input, name, CancellationToken.None);
                var status = await engine.WaitAsync(name, null, CancellationToken.None);
                Assert.Equal(OrchestrationState.Completed, status.State);
            }

            var branchKey = vault.Unwrapped.First();
            Assert.All(vault.Unwrapped, unwrapped => Assert.Equal(branchKey, unwrapped)); // there is one branch
            var keys = (await StoredDek.OpenAllAsync(storage, branchKey)).Select((dek, index) => (Dek: dek, Index: index)).ToDictionary(item => $"DEK {item.Index}", item => item.Dek);
            Assert.Equal(2, keys.Count);
            keys["branch key"] = branchKey;
            Assert.All(keys.Values, key => Assert.Equal(32, key.Length));

            // The search finds what is there, in each form.
            var planted = Encoding.UTF8.GetBytes($"{{\"dek\":\"{Convert.ToBase64String(keys["DEK 0"])}\"}}");
            Assert.NotEmpty(SecretSearch.Find(keys["DEK 0"], planted));

            Assert.Empty(SecretSearch.FindInFolder(keys, folder, _ => true));
            foreach (var container in new[] { storage.Protected.Client, storage.Ledger, storage.Uploads.Client, storage.Branches.Client })
            {
                await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }))
                {
                    var content = (await container.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToArray();
                    var metadata = Encoding.UTF8.GetBytes(string.Join('\n', blob.Metadata.Select(pair => pair.Value)));
                    Assert.All(keys.Values, key => Assert.Empty(SecretSearch.Find(key, content).Concat(SecretSearch.Find(key, metadata))));
                }
            }
        }

        Directory.Delete(folder, recursive: true);
    }
}
