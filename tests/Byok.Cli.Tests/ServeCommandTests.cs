using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>The HTTP API, the upload trigger and the timers of one machine, through the built program; on a stack of its own, for it rotates every key.</summary>
public sealed class ServeCommandTests(StackFixture stack) : IClassFixture<StackFixture>
{
    [Fact]
    public async Task Serve_UploadsRequestsAndTimers_DoTheirWorkAndARestartRepeatsNone()
    {
        using (var serving = stack.Byok.Start("serve", "--rotation-every", "off"))
        {
            using var api = await OpenAsync(serving);

            // Any client's upload becomes an encrypted blob.
            await stack.Uploads.Client.GetBlobClient("served/a").UploadAsync(BinaryData.FromString("served"));
            await serving.WaitForAsync("upload 'served/a': done");
            Assert.False(await stack.Uploads.Client.GetBlobClient("served/a").ExistsAsync());
            Assert.Equal("verified", await InspectAsync("served/a"));

            // The audit of the day runs at once, for none has run before; its report is there for who asks.
            await serving.WaitForAsync("started by the clock: audit-");
            var report = await WaitForAsync(() => api.GetAsync("audits/latest"), answer => answer.StatusCode == HttpStatusCode.OK);
            Assert.Equal("application/json", report.Content.Headers.ContentType!.MediaType);

            // What cannot be is refused, what can be is done.
            Assert.Equal(HttpStatusCode.BadRequest, (await api.PostAsJsonAsync("keys/customer-key/revoke", new { mode = "shred" })).StatusCode);
            await CompleteAsync(api, "keys/customer-key/revoke", new { mode = "disable" });
            CommandAssert.Failed(3, "is disabled", await stack.Byok.RunAsync("blob", "verify", "served/a"));
            await CompleteAsync(api, "keys/customer-key/restore", new { });
            await stack.Byok.SucceedAsync("blob", "verify", "served/a");

            serving.Terminate();
            Assert.Equal(0, (await serving.WaitAsync()).ExitCode);
        }

        var audits = await CountAuditsAsync();
        using var again = stack.Byok.Start("serve", "--max-key-age", "0s");
        using var _ = await OpenAsync(again);
        await again.WaitForAsync("started by the clock: rotate-"); // every key is due
        again.Terminate();
        var ended = await again.WaitAsync();
        Assert.Equal(0, ended.ExitCode);
        Assert.DoesNotContain("audit-", ended.Error, StringComparison.Ordinal);
        Assert.Equal(audits, await CountAuditsAsync());
    }

    [Fact]
    public async Task Serve_TheFirstKeyIsBroughtMeanwhile_ProtectsUploadsThatNameNone()
    {
        await using var byok = new ByokHome();
        await byok.SucceedAsync("up");
        var storage = (await byok.SucceedAsync("status", "--json")).Json.GetProperty("storage").GetProperty("connectionString").GetString();
        var uploads = new BlobContainerClient(storage, "uploads");
        using var serving = byok.Start("serve", "--audit-every", "off", "--rotation-every", "off");
        await serving.WaitForAsync("by the clock     ");
        await uploads.GetBlobClient("early").UploadAsync(BinaryData.FromString("early"));
        await serving.WaitForAsync("upload 'early': No wrapping key is named");

        await byok.SucceedAsync("key", "bring", "first", "--size", "2048");
        var second = await byok.SucceedAsync("key", "bring", "second", "--size", "2048");
        await uploads.GetBlobClient("in-time").UploadAsync(BinaryData.FromString("in time"));
        await serving.WaitForAsync("upload 'in-time': done");

        Assert.Contains("the others stay with 'first'", second.Output, StringComparison.Ordinal);
        var key = (await byok.SucceedAsync("blob", "inspect", "in-time", "--json")).Json.GetProperty("wrappingKey").GetProperty("id").GetString();
        Assert.Contains("/keys/first/", key, StringComparison.Ordinal);
        serving.Terminate();
        Assert.Equal(0, (await serving.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Serve_Vault_AnswersByTheKeyVaultProtocolAndBlobsFindTheirKeysInIt()
    {
        using var serving = stack.Byok.Start("serve", "--vault", "--json", "--audit-every", "off", "--rotation-every", "off");
        await serving.WaitForAsync("tokenFile");
        await serving.WaitForAsync("\n}");
        var vault = JsonDocument.Parse(serving.OutputSoFar).RootElement.GetProperty("vault");
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(vault.GetProperty("certificateFile").GetString()!);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, presented, _, _) => presented!.Thumbprint == certificate.Thumbprint };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(vault.GetProperty("address").GetString()!) };

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"keys/{StackFixture.Key}?api-version=7.6")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(vault.GetProperty("tokenFile").GetString()!)).Trim());
        var key = await client.GetFromJsonAsync<JsonElement>($"keys/{StackFixture.Key}?api-version=7.6");

        var id = key.GetProperty("key").GetProperty("kid").GetString()!;
        Assert.StartsWith($"{client.BaseAddress}keys/{StackFixture.Key}/", id, StringComparison.Ordinal);
        var file = await stack.EncryptAsync("beside-the-vault", 1000);
        await stack.Byok.SucceedAsync("blob", "decrypt", "beside-the-vault", "-o", file + ".out");
        serving.Terminate();
        Assert.Equal(0, (await serving.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Serve_FailsAfterItToldItsAddress_JsonIsStillOneDocument()
    {
        await using var byok = new ByokHome();
        await byok.SucceedAsync("up");
        var storage = (await byok.SucceedAsync("status", "--json")).Json.GetProperty("storage").GetProperty("connectionString").GetString();
        await new BlobContainerClient(storage, "uploads").DeleteAsync();

        var result = await byok.RunAsync("serve", "--audit-every", "off", "--rotation-every", "off", "--json");

        CommandAssert.Failed(1, "does not exist", result);
        Assert.StartsWith("http://127.0.0.1:", result.Json.GetProperty("address").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--audit-every", "59s")]
    [InlineData("--rotation-every", "often")]
    [InlineData("--max-key-age", "off")]
    public async Task Serve_NoDuration_IsAUsageError(string option, string value) =>
        Assert.Equal(2, (await stack.Byok.RunAsync("serve", option, value)).ExitCode);

    private static async Task<HttpClient> OpenAsync(RunningCommand serving)
    {
        await serving.WaitForAsync("by the clock     ");
        var address = serving.OutputSoFar.Split("serving          ")[1].Split("api")[0];
        return new HttpClient { BaseAddress = new Uri($"{address}api/") };
    }

    private static async Task CompleteAsync(HttpClient api, string path, object body)
    {
        var accepted = await api.PostAsJsonAsync(path, body);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        var ended = await WaitForAsync(
            () => api.GetFromJsonAsync<JsonElement>($"operations/{id}"), operation => operation.GetProperty("state").GetString() is not ("Pending" or "Running"));
        Assert.Equal("Completed", ended.GetProperty("state").GetString());
    }

    private static async Task<T> WaitForAsync<T>(Func<Task<T>> ask, Func<T, bool> isThere)
    {
        for (var patience = 600; ; patience--)
        {
            var answer = await ask();
            if (isThere(answer) || patience == 0)
            {
                return answer;
            }

            await Task.Delay(200);
        }
    }

    private async Task<string?> InspectAsync(string name) => (await stack.Byok.SucceedAsync("blob", "inspect", name, "--json")).Json.GetProperty("header").GetString();

    private async Task<int> CountAuditsAsync()
    {
        var count = 0;
        await foreach (var _ in stack.Service.GetBlobContainerClient("audits").GetBlobsAsync(new GetBlobsOptions { Prefix = "audit-" }))
        {
            count++;
        }

        return count;
    }
}
