using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Byok.Http;
using Byok.Relay.HybridConnections;

namespace Byok.Local.Tests.Relay;

/// <summary>hyco-https 1.4.5 and hyco-ws 1.0.5 against the dev relay and against our own clients.</summary>
public sealed class MicrosoftClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DevRelayFixture _fixture = new();

    public Task InitializeAsync() => _fixture.InitializeAsync();

    public Task DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HycoHttpsListener_OurSender_BodiesOfAllSizes(bool overTls)
    {
        using var listener = overTls
            ? _fixture.StartOverTls("https-listener.cjs", DevRelayFixture.Listen)
            : _fixture.StartOverHttp("https-listener.cjs", DevRelayFixture.Listen);
        await listener.ExpectAsync("listening");
        using var sender = OurSender(overTls);
        foreach (var length in new[] { 0, 1, 60_000, 65_535, 65_536, 65_537, 300_000, 1024 * 1024 })
        {
            var body = RandomNumberGenerator.GetBytes(length);

            var response = await sender.SendAsync(new BufferedRequest("POST", "/echo?a=b", BufferedRequest.NoHeaders, body), CancellationToken.None).WaitAsync(Patience);

            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            Assert.Equal($"/{DevRelayFixture.HybridPath}/echo?a=b", response.Headers["x-target"]);
            Assert.Equal("POST", response.Headers["x-method"]);
            Assert.Equal("0", response.Headers["x-secrets"]);
            Assert.True(response.Body.Span.SequenceEqual(body), $"{length} bytes");
        }

        foreach (var length in new[] { 10, 65_536, 65_537, 500_000 })
        {
            var response = await sender.SendAsync(new BufferedRequest("GET", $"/large?{length}", BufferedRequest.NoHeaders, default), CancellationToken.None).WaitAsync(Patience);

            Assert.Equal(length, response.Body.Length);
        }

        var inParts = await sender.SendAsync(new BufferedRequest("PATCH", "/", BufferedRequest.NoHeaders, default), CancellationToken.None).WaitAsync(Patience);
        Assert.Equal("one two three", Encoding.UTF8.GetString(inParts.Body.Span));
        var empty = await sender.SendAsync(new BufferedRequest("DELETE", "/", BufferedRequest.NoHeaders, default), CancellationToken.None).WaitAsync(Patience);
        Assert.True(empty.Body.IsEmpty);
    }

    [Fact]
    public async Task HycoHttpsListener_FiftyAtOnce_EachGetsItsOwnAnswer()
    {
        using var listener = _fixture.StartOverTls("https-listener.cjs", DevRelayFixture.Listen);
        await listener.ExpectAsync("listening");
        using var sender = OurSender(overTls: true);

        await Parallel.ForEachAsync(Enumerable.Range(0, 50), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (number, cancellationToken) =>
        {
            var body = RandomNumberGenerator.GetBytes(number % 10 == 0 ? 100_000 + number : 100 + number);
            var response = await sender.SendAsync(new BufferedRequest("POST", $"/{number}", BufferedRequest.NoHeaders, body), cancellationToken)
                .WaitAsync(Patience, cancellationToken);
            Assert.True(response.Body.Span.SequenceEqual(body));
        });
    }

    [Fact]
    public async Task HycoHttpsListener_NodeFetch_BodiesOfAllSizes()
    {
        using var listener = _fixture.StartOverHttp("https-listener.cjs", DevRelayFixture.Listen);
        await listener.ExpectAsync("listening");
        using var sender = _fixture.StartOverHttp("fetch-sender.cjs", DevRelayFixture.Send);

        AssertAllSame(await sender.CompleteAsync(), 4, 201);
    }

    [Fact]
    public async Task HycoHttpsListener_HycoHttpsSender_BodiesOfAllSizes()
    {
        using var listener = _fixture.StartOverTls("https-listener.cjs", DevRelayFixture.Both);
        await listener.ExpectAsync("listening");
        using var sender = _fixture.StartOverTls("https-sender.cjs", DevRelayFixture.Both);

        AssertAllSame(await sender.CompleteAsync(), 9, 201);
    }

    [Fact]
    public async Task OurListener_HycoHttpsSender_BodiesOfAllSizes()
    {
        await using var listener = await OurListenerAsync();
        using var sender = _fixture.StartOverTls("https-sender.cjs", DevRelayFixture.Send);

        AssertAllSame(await sender.CompleteAsync(), 9, 200);
    }

    [Fact]
    public async Task OurListener_NodeFetch_BodiesOfAllSizes()
    {
        await using var listener = await OurListenerAsync();
        using var sender = _fixture.StartOverHttp("fetch-sender.cjs", DevRelayFixture.Send);

        AssertAllSame(await sender.CompleteAsync(), 4, 200);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HycoWsListener_HycoWsSender_MessagesBothWaysAndClose(bool overTls)
    {
        using var listener = overTls
            ? _fixture.StartOverTls("ws-listener.cjs", DevRelayFixture.Listen)
            : _fixture.StartOverHttp("ws-listener.cjs", DevRelayFixture.Listen);
        await listener.ExpectAsync("listening");
        using var sender = overTls
            ? _fixture.StartOverTls("ws-sender.cjs", DevRelayFixture.Send)
            : _fixture.StartOverHttp("ws-sender.cjs", DevRelayFixture.Send);

        var lines = await sender.CompleteAsync();

        Assert.Equal(5, lines.Count(line => line.TryGetProperty("isSame", out var same) && same.GetBoolean()));
        var end = Assert.Single(lines, line => line.TryGetProperty("closed", out _));
        Assert.Equal(1000, end.GetProperty("closed").GetInt32());
        Assert.Equal("as you wish", end.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task HycoWsListener_OurWebSocket_Echo()
    {
        using var listener = _fixture.StartOverHttp("ws-listener.cjs", DevRelayFixture.Listen);
        await listener.ExpectAsync("listening");
        using var socket = new ClientWebSocket();
        using var tokens = DevRelayFixture.Tokens(DevRelayFixture.Send);
        var token = await tokens.GetTokenAsync(_fixture.Endpoint, CancellationToken.None);
        var address = $"ws://{_fixture.Relay.Address.Authority}/$hc/{DevRelayFixture.HybridPath}?sb-hc-action=connect&sb-hc-token={Uri.EscapeDataString(token.Value)}";
        await socket.ConnectAsync(new Uri(address), CancellationToken.None).WaitAsync(Patience);

        await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Patience);

        Assert.Equal("ping", Encoding.UTF8.GetString(buffer, 0, received.Count));
        Assert.Equal(WebSocketMessageType.Text, received.MessageType);
    }

    [Fact]
    public async Task HycoWsSender_OurListener_IsRefused()
    {
        await using var listener = await OurListenerAsync();
        using var sender = _fixture.StartOverTls("ws-sender.cjs", DevRelayFixture.Send);

        var refusal = await sender.ExpectAsync("error");

        Assert.Contains("501", refusal.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HycoHttpsListener_WrongKey_IsRefused()
    {
        using var listener = _fixture.StartOverTls("https-listener.cjs", DevRelayFixture.Listen with { Key = "wrong" });

        var refusal = await listener.ExpectAsync("error");

        Assert.Contains("401", refusal.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private RelayHttpSender OurSender(bool overTls) => overTls
        ? new RelayHttpSender(
            new RelayEndpoint(_fixture.Relay.TlsAddress!, DevRelayFixture.HybridPath),
            DevRelayFixture.Tokens(DevRelayFixture.Send),
            PinnedCertificate.CreateTransport(_fixture.Relay.Certificate!))
        : new RelayHttpSender(_fixture.Endpoint, DevRelayFixture.Tokens(DevRelayFixture.Send));

    /// <summary>Our listener, over TLS with the relay's certificate pinned.</summary>
    private async Task<HybridConnectionListener> OurListenerAsync()
    {
        var listener = new HybridConnectionListener(
            new RelayEndpoint(_fixture.Relay.TlsAddress!, DevRelayFixture.HybridPath),
            DevRelayFixture.Tokens(DevRelayFixture.Listen),
            (request, _) => Task.FromResult(new BufferedResponse(
                HttpStatusCode.OK, new Dictionary<string, string> { ["x-target"] = $"/{DevRelayFixture.HybridPath}{request.Target}" }, request.Body)),
            TimeProvider.System,
            new RelayListenerOptions { CreateTransport = () => PinnedCertificate.CreateTransport(_fixture.Relay.Certificate!) });
        await listener.StartAsync(CancellationToken.None).WaitAsync(Patience);
        return listener;
    }

    private static void AssertAllSame(IReadOnlyList<JsonElement> lines, int count, int status)
    {
        Assert.Equal(count, lines.Count);
        Assert.All(lines, line =>
        {
            Assert.Equal(status, line.GetProperty("status").GetInt32());
            Assert.True(line.GetProperty("isSame").GetBoolean(), line.ToString());
            Assert.Equal($"/{DevRelayFixture.HybridPath}/echo", line.GetProperty("target").GetString());
            Assert.StartsWith("1.1 ", line.GetProperty("via").GetString(), StringComparison.Ordinal);
        });
    }
}
