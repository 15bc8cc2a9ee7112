using System.Text;
using Byok.Api;
using Byok.Pipeline.AuditKeys;
using Byok.Testing;

namespace Byok.Pipeline.Tests.Api;

[Collection(AzuriteCollection.Name)]
public sealed class LatestAuditTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task GetLatestAudit_BeforeTheFirst_IsNotFound()
    {
        var api = new OperationsApi(new RecordingClient(), new AuditArchive(await azurite.CreateAccountAsync()), new InMemoryVault());

        var response = await api.GetLatestAuditAsync(Request("application/json"), default);

        Assert.Equal((404, "application/problem+json"), (response.Status, response.ContentType));
    }

    [Fact]
    public async Task GetLatestAudit_ForABrowser_IsThePage()
    {
        var storage = await azurite.CreateAccountAsync();
        await storage.Audits.Client.GetBlobClient("latest.html").UploadAsync(BinaryData.FromString("<!doctype html><title>Audit</title>"));
        var api = new OperationsApi(new RecordingClient(), new AuditArchive(storage), new InMemoryVault());

        var response = await api.GetLatestAuditAsync(Request("text/html,application/xhtml+xml,*/*;q=0.8"), default);

        Assert.Equal((200, "text/html; charset=utf-8"), (response.Status, response.ContentType));
        Assert.Equal("<!doctype html><title>Audit</title>", Encoding.UTF8.GetString(response.Body.Span));
    }

    private static ApiRequest Request(string accept) => new(ApiCaller.Trusted, null, accept, Stream.Null);
}
