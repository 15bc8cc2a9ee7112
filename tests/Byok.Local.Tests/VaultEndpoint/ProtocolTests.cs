using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Local.Vault;
using Byok.Testing.Tokens;
using CsCheck;
using Endpoint = Byok.Local.VaultEndpoint.VaultEndpoint;

namespace Byok.Local.Tests.VaultEndpoint;

/// <summary>What goes over the wire is what the Key Vault REST reference describes.</summary>
public sealed class ProtocolTests(VaultEndpointFixture fixture) : IClassFixture<VaultEndpointFixture>
{
    private const string Version = "?api-version=7.6";

    [Theory]
    [InlineData("GET", "/keys?api-version=7.6")]
    [InlineData("GET", "/keys/any")]
    [InlineData("POST", "/keys/any/create?api-version=7.6")]
    [InlineData("GET", "/elsewhere")]
    public async Task AnyRequest_WithoutToken_IsChallenged(string method, string path)
    {
        using var client = fixture.CreateClient();
        client.DefaultRequestHeaders.Authorization = null;
        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var challenge = Assert.Single(answer.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", challenge.Scheme);
        Assert.Equal(
            $"authorization=\"{fixture.Address}{Guid.Empty}\", resource=\"https://vault.azure.net\"", challenge.Parameter);
        Assert.Equal("Unauthorized", await ErrorCodeAsync(answer));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("eyJ0eXAiOiJKV1QifQ.e30.c2ln")]
    public async Task AnyRequest_WithAnotherToken_IsRefused(string token)
    {
        using var client = fixture.CreateClient(token);
        using var answer = await client.GetAsync("/keys" + Version);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.NotEmpty(answer.Headers.WwwAuthenticate);
    }

    [Fact]
    public async Task CreateKey_WithEverything_AnswersAKeyBundle()
    {
        using var client = fixture.CreateClient();
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        using var answer = await client.PostAsync("/keys/bundle/create" + Version, Json(
            """{"kty":"RSA-HSM","key_size":2048,"key_ops":["wrapKey","unwrapKey"],"attributes":{"enabled":true,"nbf":1600000000,"exp":1900000000},"tags":{"a":"b"}}"""));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Headers.CacheControl?.NoCache);
        Assert.Single(answer.Headers.GetValues("x-ms-request-id"));
        var bundle = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["attributes", "key", "tags"], Names(bundle));
        Assert.Equal(["e", "key_ops", "kid", "kty", "n"], Names(bundle.GetProperty("key")));
        Assert.Equal(
            ["created", "enabled", "exp", "exportable", "nbf", "recoverableDays", "recoveryLevel", "updated"], Names(bundle.GetProperty("attributes")));
        var id = KeyIdentifier.Parse(bundle.GetProperty("key").GetProperty("kid").GetString()!);
        Assert.Equal((fixture.Address, "bundle"), (id.Vault, id.Name));
        Assert.Equal(1900000000, bundle.GetProperty("attributes").GetProperty("exp").GetInt64());
        Assert.InRange(bundle.GetProperty("attributes").GetProperty("created").GetInt64(), before, before + 600);
        Assert.Equal("""{"a":"b"}""", bundle.GetProperty("tags").GetRawText());

        // The same by every way to read it; a trailing slash is a missing version.
        var expected = bundle.GetRawText();
        Assert.Equal(expected, await client.GetStringAsync("/keys/bundle" + Version));
        Assert.Equal(expected, await client.GetStringAsync("/keys/bundle/" + Version));
        Assert.Equal(expected, await client.GetStringAsync($"/keys/bundle/{id.Version}{Version}"));
    }

    [Fact]
    public async Task DeleteKey_ThenRecoverAndPurge_ShowsAtOnce()
    {
        using var client = fixture.CreateClient();
        var key = await fixture.Vault.CreateKeyAsync("life", 2048, new KeyAttributes { Tags = new Dictionary<string, string> { ["a"] = "b" } }, default);
        var deleted = await (await client.DeleteAsync("/keys/life" + Version)).Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(["attributes", "deletedDate", "key", "recoveryId", "scheduledPurgeDate", "tags"], Names(deleted));
        Assert.Equal(key.Id.ToString(), deleted.GetProperty("key").GetProperty("kid").GetString());
        Assert.Equal($"{fixture.Address}deletedkeys/life", deleted.GetProperty("recoveryId").GetString());
        Assert.Equal(90 * 86400, deleted.GetProperty("scheduledPurgeDate").GetInt64() - deleted.GetProperty("deletedDate").GetInt64());
        Assert.Equal(deleted.GetRawText(), await client.GetStringAsync("/deletedkeys/life" + Version));
        var item = (await client.GetFromJsonAsync<JsonElement>("/deletedkeys" + Version)).GetProperty("value").EnumerateArray()
            .Single(found => found.GetProperty("kid").GetString() == $"{fixture.Address}keys/life");
        Assert.Equal(["attributes", "deletedDate", "kid", "recoveryId", "scheduledPurgeDate", "tags"], Names(item));
        await FailsAsync(client.GetAsync("/keys/life" + Version), HttpStatusCode.NotFound, "KeyNotFound");
        await FailsAsync(client.PostAsync("/keys/life/create" + Version, Json("""{"kty":"RSA-HSM"}""")), HttpStatusCode.Conflict, "Conflict", "ObjectIsDeletedButRecoverable");

        using var recovered = await client.PostAsync("/deletedkeys/life/recover" + Version, null);
        Assert.Equal(HttpStatusCode.OK, recovered.StatusCode);
        Assert.Equal(await client.GetStringAsync("/keys/life" + Version), await recovered.Content.ReadAsStringAsync());
        await FailsAsync(client.GetAsync("/deletedkeys/life" + Version), HttpStatusCode.NotFound, "KeyNotFound");

        await client.DeleteAsync("/keys/life" + Version);
        using var purged = await client.DeleteAsync("/deletedkeys/life" + Version);
        Assert.Equal(HttpStatusCode.NoContent, purged.StatusCode);
        Assert.Empty(await purged.Content.ReadAsByteArrayAsync());
        await FailsAsync(client.GetAsync("/deletedkeys/life" + Version), HttpStatusCode.NotFound, "KeyNotFound");
    }

    [Fact]
    public async Task UpdateKey_SomeAttributes_LeavesTheOthers()
    {
        using var client = fixture.CreateClient();
        var key = await fixture.Vault.CreateKeyAsync(
            "update", 2048, new KeyAttributes { ExpiresOn = DateTimeOffset.FromUnixTimeSeconds(1900000000), Tags = new Dictionary<string, string> { ["a"] = "b" } }, default);

        using var answer = await client.PatchAsync($"/keys/update/{key.Id.Version}{Version}", Json("""{"attributes":{"enabled":false},"unknown":1}"""));
        var updated = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.False(updated.GetProperty("attributes").GetProperty("enabled").GetBoolean());
        Assert.Equal(1900000000, updated.GetProperty("attributes").GetProperty("exp").GetInt64());
        Assert.Equal("""{"a":"b"}""", updated.GetProperty("tags").GetRawText());
        var stored = await fixture.Vault.GetKeyAsync("update", null, default);
        Assert.False(stored.Enabled);
        using var untagged = await client.PatchAsync("/keys/update" + Version, Json("""{"tags":{}}"""));
        Assert.Empty((await fixture.Vault.GetKeyAsync("update", null, default)).Tags);
    }

    [Fact]
    public async Task List_MorePages_LinksToTheNext()
    {
        using var client = fixture.CreateClient();
        for (var number = 0; number < 3; number++)
        {
            await fixture.Vault.CreateKeyAsync("versions", 2048, new KeyAttributes(), default);
        }

        var versions = new List<string>();
        var pages = 0;
        for (var next = $"{fixture.Address}keys/versions/versions{Version}&maxresults=2"; next is not null; pages++)
        {
            Assert.StartsWith($"{fixture.Address}keys/versions/versions?api-version=7.6", next, StringComparison.Ordinal);
            var page = await client.GetFromJsonAsync<JsonElement>(next);
            versions.AddRange(page.GetProperty("value").EnumerateArray().Select(item => item.GetProperty("kid").GetString()!));
            next = page.GetProperty("nextLink").GetString();
        }

        var known = await fixture.Vault.ListKeyVersionsAsync("versions", default).Select(key => key.Id.ToString()).ToListAsync();
        Assert.Equal(2, pages);
        Assert.Equal(known.Order(StringComparer.Ordinal), versions);
        Assert.Equal("""{"value":[],"nextLink":null}""", await client.GetStringAsync("/keys/no-such-key/versions" + Version));
    }

    [Theory]
    [InlineData("GET", "/keys", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys?api-version=7.3", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys?api-version=8.0", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys?api-version=7.6&maxresults=0", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys?api-version=7.6&maxresults=26", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys?api-version=7.6&maxresults=x", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys?api-version=7.6&$skiptoken=!", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/?api-version=7.6", "", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("GET", "/secrets?api-version=7.6", "", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("DELETE", "/keys?api-version=7.6", "", HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    [InlineData("GET", "/keys/a_b?api-version=7.6", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys/..%2Fx?api-version=7.6", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("GET", "/keys/a/zz?api-version=7.6", "", HttpStatusCode.NotFound, "KeyNotFound")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", "", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", "[]", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", "{", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", "{}", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","kty":"EC"}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":5}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","key_size":"2048"}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","key_size":2048.5}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","key_ops":"sign"}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","attributes":{"exp":-1}}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","attributes":{"exp":99999999999999}}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","attributes":{"enabled":"yes"}}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","tags":{"a":1}}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","public_exponent":3}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/create?api-version=7.6", """{"kty":"RSA","release_policy":{"data":"e30"}}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("PUT", "/keys/a?api-version=7.6", "{}", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("PUT", "/keys/a?api-version=7.6", """{"key":{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("PUT", "/keys/a?api-version=7.6", """{"key":{"kty":"RSA-HSM","key_hsm":"*"}}""", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/1/sign?api-version=7.6", """{"alg":"RS256","value":""}""", HttpStatusCode.NotFound, "KeyNotFound")]
    [InlineData("POST", "/keys/a/1/fly?api-version=7.6", "{}", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/rotate?api-version=7.6", "{}", HttpStatusCode.BadRequest, "BadParameter")]
    [InlineData("POST", "/keys/a/1/release?api-version=7.6", "{}", HttpStatusCode.BadRequest, "BadParameter")]
    public async Task AnyRequest_OutOfForm_FailsAsInKeyVault(string method, string path, string body, HttpStatusCode status, string code)
    {
        using var client = fixture.CreateClient();
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body.Length == 0 && method == "GET" ? null : Json(body) };

        await FailsAsync(client.SendAsync(request), status, code);
        Assert.DoesNotContain(await fixture.Vault.ListKeysAsync(default).ToListAsync(), key => key.Id.Name == "a");
    }

    [Fact]
    public async Task AnyRequest_OfAnyShape_NeverBreaksTheVault()
    {
        var segment = Gen.OneOf(
            Gen.OneOf("keys", "deletedkeys", "create", "sign", "verify", "unwrapkey", "versions", "recover", "x", "..", string.Empty), Gen.String);
        var body = Gen.OneOf(
            Gen.OneOf(
                "{}", "null", """{"kty":"RSA-HSM","key_size":1}""", """{"key":{"kty":"RSA-HSM","key_hsm":"e30"}}""", """{"key":{"kty":"RSA-HSM","key_hsm":"W10"}}""",
                """{"alg":"RSA-OAEP-256","value":"AQID"}""", """{"alg":{},"value":[]}""", """{"attributes":[]}""", """{"attributes":{"exp":1e400}}"""),
            Gen.String);
        using var client = fixture.CreateClient();
        await Gen.Select(Gen.OneOf("GET", "PUT", "POST", "PATCH", "DELETE"), segment.Array[0, 5], body).SampleAsync(
            async (method, segments, content) =>
            {
                var path = string.Join('/', segments.Select(Uri.EscapeDataString));
                using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"{fixture.Address}{path}{Version}")) { Content = Json(content) };
                using var answer = await client.SendAsync(request);
                Assert.True((int)answer.StatusCode < 500, $"{method} /{path} {content}: {answer.StatusCode}");
                if (!answer.IsSuccessStatusCode && answer.Content.Headers.ContentLength > 0)
                {
                    Assert.NotEmpty(await ErrorCodeAsync(answer) ?? string.Empty);
                }
            },
            iter: 300,
            threads: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnyRequest_HugeBody_IsRefused(bool chunked)
    {
        using var client = fixture.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/keys/a/create" + Version);
        request.Content = Json($$"""{"kty":"{{new string('x', 2 * 1024 * 1024)}}"}""");
        request.Headers.TransferEncodingChunked = chunked;
        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        var error = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("RequestEntityTooLarge", error.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("wrapkey", "unwrapkey")]
    [InlineData("encrypt", "decrypt")]
    public async Task Cryptography_WithoutVersion_UsesTheNewest(string seal, string open)
    {
        using var client = fixture.CreateClient();
        await fixture.Vault.CreateKeyAsync($"newest-{seal}", 2048, new KeyAttributes(), default);
        var newest = await fixture.Vault.CreateKeyAsync($"newest-{seal}", 2048, new KeyAttributes(), default);

        using var sealedAnswer = await client.PostAsync($"/keys/newest-{seal}//{seal}{Version}", Json("""{"alg":"RSA-OAEP-256","value":"AQID"}"""));
        var result = await sealedAnswer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["kid", "value"], Names(result));
        Assert.Equal(newest.Id.ToString(), result.GetProperty("kid").GetString());
        using var opened = await client.PostAsync(
            $"/keys/newest-{seal}/{newest.Id.Version}/{open}{Version}", Json($$"""{"alg":"RSA-OAEP-256","value":"{{result.GetProperty("value").GetString()}}"}"""));
        Assert.Equal("AQID", (await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetString());
    }

    [Fact]
    public async Task PurgeKey_WithPurgeProtection_IsForbidden()
    {
        using var tokens = new SoftHsmFixture();
        using var vault = await LocalVault.OpenAsync(
            fixture.NewFile("protected.db"), tokens.VaultToken,
            new LocalVaultOptions { VaultUri = Endpoint.ChooseAddress(), PurgeProtection = true }, TimeProvider.System, default);
        await using var endpoint = await Endpoint.StartAsync(
            vault, fixture.Options with { CertificateFile = fixture.NewFile("protected.pem") }, default);
        using var client = VaultEndpointFixture.CreateClient(endpoint);
        await vault.CreateKeyAsync("kept", 2048, new KeyAttributes(), default);
        await vault.DeleteKeyAsync("kept", default);

        await FailsAsync(client.DeleteAsync("/deletedkeys/kept" + Version), HttpStatusCode.Forbidden, "Forbidden");

        Assert.Single(await vault.ListDeletedKeysAsync(default).ToListAsync());
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task StartAsync_AfterARestart_KeepsTokenAddressAndIdentifiers()
    {
        var token = fixture.Endpoint.AccessToken;
        var key = await fixture.Vault.CreateKeyAsync("restart", 2048, new KeyAttributes(), default);
        await fixture.RestartAsync();

        using var client = fixture.CreateClient(token);
        var bundle = await client.GetFromJsonAsync<JsonElement>(new Uri(key.Id + Version));

        Assert.Equal(key.Id.ToString(), bundle.GetProperty("key").GetProperty("kid").GetString());
        Assert.Equal(token, await File.ReadAllTextAsync(fixture.Options.TokenFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(fixture.Options.TokenFile));
        Assert.DoesNotContain("PRIVATE", await File.ReadAllTextAsync(fixture.Options.CertificateFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_PortTaken_SaysSo()
    {
        var other = fixture.Options with { CertificateFile = fixture.NewFile("second.pem") };

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => Endpoint.StartAsync(fixture.Vault, other, default));

        Assert.Contains(fixture.Address.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_DamagedTokenFile_SaysSo()
    {
        var file = fixture.NewFile("damaged.token");
        await File.WriteAllTextAsync(file, "too short");

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => Endpoint.StartAsync(fixture.Vault, fixture.Options with { TokenFile = file }, default));

        Assert.DoesNotContain("too short", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_VaultElsewhere_IsMisuse()
    {
        using var tokens = new SoftHsmFixture();
        using var vault = await LocalVault.OpenAsync(fixture.NewFile("elsewhere.db"), tokens.VaultToken, new LocalVaultOptions(), TimeProvider.System, default);

        await Assert.ThrowsAsync<ArgumentException>(() => Endpoint.StartAsync(vault, fixture.Options, default));
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal);

    private static async Task<string?> ErrorCodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString();

    private static async Task FailsAsync(Task<HttpResponseMessage> sending, HttpStatusCode status, string code, string? innerCode = null)
    {
        using var answer = await sending;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
        var error = JsonDocument.Parse(body).RootElement.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Equal(innerCode, error.TryGetProperty("innererror", out var inner) ? inner.GetProperty("code").GetString() : null);
    }
}
