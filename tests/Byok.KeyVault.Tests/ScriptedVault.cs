using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Byok.Core.Keys;

namespace Byok.KeyVault.Tests;

/// <summary>Answers the client's requests from a script and records them; answers the first one with the service's challenge.</summary>
internal sealed class ScriptedVault : HttpMessageHandler
{
    private readonly Queue<Func<HttpResponseMessage>> _answers = new();

    public ScriptedVault(string domain = "vault.azure.net")
    {
        // A name of its own: the client caches challenges by host.
        Uri = new Uri($"https://v{Guid.NewGuid():N}.{domain}");
        Resource = $"https://{domain}";
        var options = AzureKeyVault.CreateClientOptions(Uri, new HttpClientTransport(new HttpClient(this)));
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(5);
        Vault = new AzureKeyVault(Uri, new FixedCredential(Scopes), options) { PollingInterval = TimeSpan.FromMilliseconds(1) };
    }

    public Uri Uri { get; }

    public string Resource { get; set; }

    public AzureKeyVault Vault { get; }

    /// <summary>What tokens were asked for.</summary>
    public List<string> Scopes { get; } = [];

    /// <summary>The authorised requests.</summary>
    public List<Sent> Requests { get; } = [];

    public Sent Only => Assert.Single(Requests);

    public KeyIdentifier Id(string name = "master", string version = "0123456789abcdef0123456789abcdef") => new(Uri, name, version);

    public ScriptedVault Answer(HttpStatusCode status, string body, params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(() =>
        {
            var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            foreach (var (name, value) in headers)
            {
                response.Headers.Add(name, value);
            }

            return response;
        });
        return this;
    }

    public ScriptedVault Answer(object body) => Answer(HttpStatusCode.OK, JsonSerializer.Serialize(body));

    public ScriptedVault Refuse(HttpStatusCode status, string code, string? inner = null, string message = "no.")
    {
        object error = inner is null ? new { code, message } : new { code, message, innererror = new { code = inner } };
        return Answer(status, JsonSerializer.Serialize(new { error }));
    }

    public ScriptedVault Break(Func<Exception> failure)
    {
        _answers.Enqueue(() => throw failure());
        return this;
    }

    /// <summary>A key bundle as the REST reference shows it.</summary>
    public object Bundle(
        string name = "master", string version = "0123456789abcdef0123456789abcdef", string kty = "RSA-HSM", string[]? operations = null,
        bool enabled = true, long created = 1_700_000_000, string? n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z", object? tags = null) => new
        {
            key = Key($"{Uri.GetLeftPart(UriPartial.Authority)}/keys/{name}/{version}", kty, operations ?? ["wrapKey", "unwrapKey"], n),
            attributes = new { enabled, created, updated = created + 5, exp = created + 1000, nbf = created - 10, recoveryLevel = "Recoverable", recoverableDays = 90, exportable = false },
            tags = tags ?? new { purpose = "test" },
        };

    private static object Key(string kid, string kty, string[] operations, string? n) =>
        n is null ? new { kid, kty, key_ops = operations } : new { kid, kty, key_ops = operations, n, e = "AQAB" };

    public object Item(string name, string? version = null, long created = 1_700_000_000) => new
    {
        kid = $"{Uri.GetLeftPart(UriPartial.Authority)}/keys/{name}{(version is null ? "" : "/" + version)}",
        attributes = new { enabled = true, created, updated = created },
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is null)
        {
            var challenge = new HttpResponseMessage(HttpStatusCode.Unauthorized);
            challenge.Headers.Add("WWW-Authenticate", $"Bearer authorization=\"https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000\", resource=\"{Resource}\"");
            return challenge;
        }

        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        Requests.Add(new Sent(request.Method.Method, request.RequestUri!, string.IsNullOrEmpty(body) ? default : JsonDocument.Parse(body).RootElement));
        return _answers.Count > 0 ? _answers.Dequeue()() : throw new InvalidOperationException($"No answer is scripted for {request.Method} {request.RequestUri}.");
    }

    internal sealed record Sent(string Method, Uri Uri, JsonElement Body)
    {
        public string Path => Uri.AbsolutePath;
    }

    private sealed class FixedCredential(List<string> scopes) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            scopes.AddRange(requestContext.Scopes);
            return new AccessToken("token", new DateTimeOffset(2999, 1, 1, 0, 0, 0, TimeSpan.Zero));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
