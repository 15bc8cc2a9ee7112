using System.Text;
using Azure.Storage.Blobs;
using Byok.Api;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Tests.Api;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Core.Fuzzing;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests.Fuzzing;

/// <summary>The HTTP API: any body, at any route, is answered and starts nothing but what it says. And what it reads back from storage.</summary>
public sealed class ApiFuzzTests
{
    [Fact]
    public Task Body_Mutated_IsAnswered() => BodyAsync(Fuzzer.FewInputs);

    [Fact]
    public Task StoredAudit_Mutated_IsAnswered() => StoredAuditAsync(Fuzzer.FewInputs / 10);

    [Trait("Category", "Long")]
    [Fact]
    public Task Body_MutatedManyTimes_IsAnswered() => BodyAsync(Fuzzer.ManyInputs);

    [Trait("Category", "Long")]
    [Fact]
    public Task StoredAudit_MutatedManyTimes_IsAnswered() => StoredAuditAsync(Fuzzer.ManyInputs / 10);

    private static Task BodyAsync(int inputs)
    {
        var client = new RecordingClient();
        var vault = new InMemoryVault();
        vault.AddActiveKey("customer-key");
        var api = new OperationsApi(client, new AuditArchive(new StorageAccount(new BlobServiceClient(new Uri("https://nobody.blob.example")))), vault);
        return Fuzzer.RunAsync(
            "api-body", inputs,
            async input =>
            {
                var text = Encoding.UTF8.GetString(input);
                foreach (var route in ApiRoute.All.Where(route => route.Template != "audits/latest"))
                {
                    foreach (var name in new[] { "customer-key", text })
                    {
                        client.Started.Clear();
                        var response = await route.AnswerAsync(
                            api, name, new ApiRequest(ApiCaller.Trusted, "application/json", null, new MemoryStream(input)), CancellationToken.None);
                        Assert.True(response.Status is 200 or 202 or (>= 400 and < 500), $"{route.Template}: {response.Status}");
                        Assert.Equal(response.Status == 202 ? 1 : 0, client.Started.Count);
                    }
                }
            },
            _ => false);
    }

    private static async Task StoredAuditAsync(int inputs)
    {
        using var service = new InMemoryBlobService(TimeProvider.System);
        var storage = await service.CreateAccountAsync();
        var api = new OperationsApi(new RecordingClient(), new AuditArchive(storage), new InMemoryVault());
        await Fuzzer.RunAsync(
            "audit-report", inputs,
            async input =>
            {
                await storage.Audits.Client.GetBlobClient($"{AuditArchive.Latest}.json").UploadAsync(BinaryData.FromBytes(input), overwrite: true);
                var response = await api.GetLatestAuditAsync(new ApiRequest(ApiCaller.Trusted, null, null, Stream.Null), CancellationToken.None);
                Assert.True(response.Status is 200 or >= 400, $"{response.Status}");
            },
            _ => false);
    }
}
