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

/// <summary>No DEK reaches the journal, the ledger or the stored blob, in whatever form.</summary>
public sealed class DekTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task EncryptBlob_OnTheRealEngine_LeavesNoDekAnywhere()
    {
        var folder = Directory.CreateTempSubdirectory("byok-journal-").FullName;
        using var inMemory = new InMemoryVault();
        inMemory.AddActiveKey("customer-key");
        var vault = new RecordingVault(inMemory);
        var storage = await azurite.CreateAccountAsync();
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

            var deks = vault.UnwrappedDeks.Select((dek, index) => (Dek: dek, Index: index)).ToDictionary(item => $"DEK {item.Index}", item => item.Dek);
            Assert.True(deks.Count >= 2);
            Assert.All(deks.Values, dek => Assert.Equal(32, dek.Length));

            // The search finds what is there, in each form.
            var planted = Encoding.UTF8.GetBytes($"{{\"dek\":\"{Convert.ToBase64String(deks["DEK 0"])}\"}}");
            Assert.NotEmpty(SecretSearch.Find(deks["DEK 0"], planted));

            Assert.Empty(SecretSearch.FindInFolder(deks, folder, _ => true));
            foreach (var container in new[] { storage.Protected.Client, storage.Ledger, storage.Uploads.Client })
            {
                await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }))
                {
                    var content = (await container.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToArray();
                    var metadata = Encoding.UTF8.GetBytes(string.Join('\n', blob.Metadata.Select(pair => pair.Value)));
                    Assert.All(deks.Values, dek => Assert.Empty(SecretSearch.Find(dek, content).Concat(SecretSearch.Find(dek, metadata))));
                }
            }
        }

        Directory.Delete(folder, recursive: true);
    }
}
