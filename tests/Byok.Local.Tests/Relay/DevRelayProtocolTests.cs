using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Local.Relay;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Local.Tests.Relay;

/// <summary>The dev relay, byte by byte: what the protocol's document says, and what a bad peer may do.</summary>
public sealed class DevRelayProtocolTests : IAsyncLifetime
{
    private const int OverControlChannel = 64 * 1024;

    private readonly DevRelayFixture _fixture = new();
    private readonly HttpClient _client = new();

    public Task InitializeAsync() => _fixture.InitializeAsync();

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _fixture.DisposeAsync();
    }

    [Fact]
    public async Task Listen_WithoutToken_401() => Assert.Equal(401, await RawListener.RefusalAsync(Socket("sb-hc-action=listen")));

    [Theory]
    [InlineData("nonsense", 401)]
    [InlineData("SharedAccessSignature ", 401)]
    [InlineData("SharedAccessSignature sr=a&sr=b&sig=c&se=1&skn=listen", 401)]
    [InlineData("SharedAccessSignature sr=a&sig=c&se=x&skn=listen", 401)]
    [InlineData("Bearer eyJhbGciOiJub25lIn0.e30.", 401)]
    public async Task Listen_MalformedToken_401(string token, int expected) =>
        Assert.Equal(expected, await RawListener.RefusalAsync(Socket("sb-hc-action=listen"), token));

    [Fact]
    public async Task Listen_KeyThatMayOnlySend_403() =>
        Assert.Equal(403, await RawListener.RefusalAsync(Socket("sb-hc-action=listen"), await TokenAsync(DevRelayFixture.Send)));

    [Fact]
    public async Task Listen_UnknownPath_404() =>
        Assert.Equal(404, await RawListener.RefusalAsync(Socket("sb-hc-action=listen", "elsewhere"), await TokenAsync(DevRelayFixture.Listen)));

    [Theory]
    [InlineData("sb-hc-action=dance")]
    [InlineData("")]
    public async Task WebSocket_UnknownAction_400(string query) =>
        Assert.Equal(400, await RawListener.RefusalAsync(Socket(query), await TokenAsync(DevRelayFixture.Both)));

    [Theory]
    [InlineData("sb-hc-action=request&sb-hc-id=0123456789abcdef0123456789abcdef")]
    [InlineData("sb-hc-action=accept")]
    public async Task Rendezvous_AddressThatNobodyGave_403(string query) => Assert.Equal(403, await RawListener.RefusalAsync(Socket(query)));

    [Fact]
    public async Task Listen_TokenInQuery_IsGood()
    {
        var token = Uri.EscapeDataString(await TokenAsync(DevRelayFixture.Listen));

        using var listener = await RawListener.ConnectAsync(Socket($"sb-hc-action=listen&sb-hc-token={token}"));

        Assert.Equal(1, _fixture.Relay.CountListeners(DevRelayFixture.HybridPath));
    }

    [Fact]
    public async Task Http_ServiceErrors_SayWhatTheServiceSays()
    {
        using var nobody = await _client.SendAsync(await RequestAsync());
        using var noToken = await _client.GetAsync(new Uri(_fixture.Relay.Address, DevRelayFixture.HybridPath));
        using var elsewhere = await _client.GetAsync(new Uri(_fixture.Relay.Address, "hycos"));

        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
        Assert.StartsWith("404: There are no listeners connected for the endpoint. TrackingId:", await nobody.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, noToken.StatusCode);
        Assert.StartsWith("MissingToken", noToken.ReasonPhrase, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
        Assert.StartsWith("Endpoint does not exist.", elsewhere.ReasonPhrase, StringComparison.Ordinal);
        Assert.Empty(nobody.Headers.Via);
    }

    [Fact]
    public async Task Request_Small_ComesOverTheControlChannelWithoutSecretsAndHopHeaders()
    {
        using var listener = await ListenAsync();
        using var request = await RequestAsync("/a%2Fb?x=1&sb-hc-id=7&y=%20&sb-hc-token=zzz", "abc"u8.ToArray());
        request.Headers.Remove("ServiceBusAuthorization");
        request.RequestUri = new Uri(request.RequestUri!.AbsoluteUri.Replace("zzz", Uri.EscapeDataString(await TokenAsync(DevRelayFixture.Send)), StringComparison.Ordinal));
        request.Headers.TryAddWithoutValidation("Authorization", "Basic for-the-listener");
        request.Headers.TryAddWithoutValidation("X-Custom", "1");
        request.Headers.ConnectionClose = true;

        var sending = _client.SendAsync(request);
        var message = (await listener.ReadJsonAsync())["request"]!;
        var body = await listener.ReadAsync(WebSocketMessageType.Binary);
        await listener.RespondAsync((string)message["id"]!, 200, body: true);
        await listener.SendAsync("xyz"u8.ToArray());
        using var response = await sending;

        Assert.Equal("POST", (string?)message["method"]);
        Assert.Equal($"/{DevRelayFixture.HybridPath}/a%2Fb?x=1&y=%20", (string?)message["requestTarget"]);
        Assert.StartsWith($"ws://{_fixture.Relay.Address.Authority}/$hc/{DevRelayFixture.HybridPath}?sb-hc-action=request&", (string?)message["address"], StringComparison.Ordinal);
        Assert.True((bool)message["body"]!);
        var headers = message["requestHeaders"]!.AsObject();
        Assert.Equal(["Authorization", "Via", "X-Custom"], headers.Select(header => header.Key).Order());
        Assert.Equal("Basic for-the-listener", (string?)headers["Authorization"]);
        Assert.Equal("abc"u8, body);
        Assert.Equal("xyz", await response.Content.ReadAsStringAsync());
        Assert.NotEmpty(response.Headers.Via);
    }

    [Fact]
    public async Task Request_AuthorizationHeaderAsToken_IsTakenAway()
    {
        using var listener = await ListenAsync();
        using var request = await RequestAsync();
        request.Headers.Remove("ServiceBusAuthorization");
        request.Headers.TryAddWithoutValidation("Authorization", await TokenAsync(DevRelayFixture.Send));

        var sending = _client.SendAsync(request);
        var message = (await listener.ReadJsonAsync())["request"]!;
        await listener.RespondAsync((string)message["id"]!, 204);

        Assert.False(message["requestHeaders"]!.AsObject().ContainsKey("Authorization"));
        Assert.Equal(HttpStatusCode.NoContent, (await sending).StatusCode);
    }

    [Fact]
    public async Task Request_Large_ListenerGetsOnlyTheAddress_WhichIsGoodOnce()
    {
        using var listener = await ListenAsync();
        var body = RandomNumberGenerator.GetBytes(OverControlChannel + 1);

        var sending = _client.SendAsync(await RequestAsync("", body));
        var invitation = (await listener.ReadJsonAsync())["request"]!.AsObject();
        Assert.Equal(["address"], invitation.Select(member => member.Key));
        var address = new Uri((string)invitation["address"]!);
        using var rendezvous = await RawListener.ConnectAsync(address);
        Assert.Equal(403, await RawListener.RefusalAsync(address));
        var message = (await rendezvous.ReadJsonAsync())["request"]!;
        Assert.Equal(body, await rendezvous.ReadAsync(WebSocketMessageType.Binary));
        await rendezvous.RespondAsync((string)message["id"]!, 200, body: true);
        await rendezvous.SendAsync(body);

        Assert.Equal(body, await (await sending).Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Rendezvous_SenderHangsUp_SocketIsClosed()
    {
        using var listener = await ListenAsync();
        using (var client = new HttpClient())
        {
            var sending = client.SendAsync(await RequestAsync("", new byte[OverControlChannel + 1]));
            using var first = await RawListener.ConnectAsync(new Uri((string)(await listener.ReadJsonAsync())["request"]!["address"]!));
            var message = (await first.ReadJsonAsync())["request"]!;
            await first.ReadAsync(WebSocketMessageType.Binary);
            await first.RespondAsync((string)message["id"]!, 200);
            Assert.Equal(HttpStatusCode.OK, (await sending).StatusCode);

            // The same sender's next request comes over the same socket, however small.
            var again = client.SendAsync(await RequestAsync("", new byte[3]));
            message = (await first.ReadJsonAsync())["request"]!;
            Assert.Equal(3, (await first.ReadAsync(WebSocketMessageType.Binary)).Length);
            await first.RespondAsync((string)message["id"]!, 202);
            Assert.Equal(HttpStatusCode.Accepted, (await again).StatusCode);
            client.Dispose();

            Assert.Equal(1001, await first.ReadCloseAsync());
        }
    }

    [Theory]
    [InlineData(502)]
    [InlineData(504)]
    [InlineData(101)]
    [InlineData(42)]
    [InlineData(1000)]
    public async Task Response_StatusThatIsNotTheListeners_502(int status)
    {
        using var listener = await ListenAsync();
        var sending = _client.SendAsync(await RequestAsync());
        await listener.RespondAsync((string)(await listener.ReadJsonAsync())["request"]!["id"]!, status);

        using var response = await sending;

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Empty(response.Headers.Via);
    }

    [Fact]
    public async Task Response_HeaderThatIsNone_502()
    {
        using var listener = await ListenAsync();
        var sending = _client.SendAsync(await RequestAsync());
        var id = (string)(await listener.ReadJsonAsync())["request"]!["id"]!;
        await listener.SendAsync($$$"""{"response":{"requestId":"{{{id}}}","statusCode":200,"responseHeaders":{"X":"a\r\nb"},"body":false}}""");

        Assert.Equal(HttpStatusCode.BadGateway, (await sending).StatusCode);
    }

    [Fact]
    public async Task Response_ForAnotherRequest_ChangesNothing()
    {
        using var listener = await ListenAsync();
        var sending = _client.SendAsync(await RequestAsync());
        var id = (string)(await listener.ReadJsonAsync())["request"]!["id"]!;
        await listener.RespondAsync("somebody else's", 500);
        await listener.SendAsync(new byte[10]);
        await listener.RespondAsync(id, 200);
        await listener.RespondAsync(id, 500);

        Assert.Equal(HttpStatusCode.OK, (await sending).StatusCode);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"request":[]}""")]
    [InlineData("""{"response":{"requestId":"1","statusCode":200,"statusCode":201,"body":false}}""")]
    [InlineData("""{"response":{"requestId":"1","statusCode":"many","body":false}}""")]
    public async Task ControlChannel_Nonsense_IsClosed(string text)
    {
        using var listener = await ListenAsync();

        await listener.SendAsync(text);

        Assert.Equal(1007, await listener.ReadCloseAsync());
    }

    [Fact]
    public async Task ControlChannel_ResponseBodyOver64KiB_IsClosed()
    {
        using var listener = await ListenAsync();
        var sending = _client.SendAsync(await RequestAsync());
        await listener.RespondAsync((string)(await listener.ReadJsonAsync())["request"]!["id"]!, 200, body: true);

        await listener.SendAsync(new byte[OverControlChannel + 1]);

        Assert.Equal(1009, await listener.ReadCloseAsync());
        Assert.Equal(HttpStatusCode.BadGateway, (await sending).StatusCode);
    }

    [Fact]
    public async Task ListenerDrops_InTheMiddleOfALargeAnswer_SenderSeesABrokenAnswer()
    {
        using var listener = await ListenAsync();
        var sending = _client.SendAsync(await RequestAsync(), HttpCompletionOption.ResponseHeadersRead);
        var message = (await listener.ReadJsonAsync())["request"]!;
        using (var rendezvous = await RawListener.ConnectAsync(new Uri((string)message["address"]!)))
        {
            await rendezvous.RespondAsync((string)message["id"]!, 200, body: true);
            await rendezvous.Socket.SendAsync(new byte[1000], WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
            using var response = await sending;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            rendezvous.Socket.Abort();

            await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task RenewToken_WrongToken_IsClosedWith1008()
    {
        using var listener = await ListenAsync();

        await listener.SendAsync("""{"renewToken":{"token":"SharedAccessSignature sr=a&sig=b&se=9999999999&skn=listen"}}""");

        Assert.Equal(1008, await listener.ReadCloseAsync());
        await UntilAsync(() => _fixture.Relay.CountListeners(DevRelayFixture.HybridPath) == 0);
    }

    [Fact]
    public async Task TokenExpires_IsClosedWith1008_UnlessRenewed()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var relay = await DevRelayServer.StartAsync(
            new DevRelayOptions { HybridConnections = [DevRelayFixture.HybridPath], AccessKeys = [DevRelayFixture.Listen] }, time, CancellationToken.None);
        using var tokens = new Byok.Relay.HybridConnections.SasTokenProvider("listen", DevRelayFixture.Listen.Key, time, TimeSpan.FromMinutes(10));
        var endpoint = new Byok.Relay.HybridConnections.RelayEndpoint(relay.Address, DevRelayFixture.HybridPath);
        var address = new Uri($"ws://{relay.Address.Authority}/$hc/{DevRelayFixture.HybridPath}?sb-hc-action=listen");
        using var listener = await RawListener.ConnectAsync(address, (await tokens.GetTokenAsync(endpoint, CancellationToken.None)).Value);

        time.Advance(TimeSpan.FromMinutes(9));
        await listener.SendAsync($$$"""{"renewToken":{"token":"{{{(await tokens.GetTokenAsync(endpoint, CancellationToken.None)).Value}}}"}}""");
        await Task.Delay(300);
        time.Advance(TimeSpan.FromMinutes(9));
        await Task.Delay(300);
        Assert.Equal(1, relay.CountListeners(DevRelayFixture.HybridPath));
        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(1008, await listener.ReadCloseAsync());
    }

    [Fact]
    public async Task Connect_Accepted_SubprotocolQueryAndHeadersCross()
    {
        using var listener = await ListenAsync();
        using var sender = new ClientWebSocket();
        sender.Options.AddSubProtocol("wsr.1");
        sender.Options.AddSubProtocol("wsr.2");
        sender.Options.SetRequestHeader("ServiceBusAuthorization", await TokenAsync(DevRelayFixture.Send));
        sender.Options.SetRequestHeader("X-Custom", "1");
        var connecting = sender.ConnectAsync(Socket("a=b&sb-hc-action=connect&sb-hc-id=trace-1", $"{DevRelayFixture.HybridPath}/suffix"), CancellationToken.None);

        var accept = (await listener.ReadJsonAsync())["accept"]!;
        var address = new Uri((string)accept["address"]!);
        using var accepted = new ClientWebSocket();
        accepted.Options.AddSubProtocol("wsr.2");
        await accepted.ConnectAsync(address, CancellationToken.None);
        await connecting;

        Assert.Equal("trace-1", (string?)accept["id"]);
        Assert.Equal($"/$hc/{DevRelayFixture.HybridPath}/suffix", address.AbsolutePath);
        Assert.StartsWith("?a=b&sb-hc-action=accept&", address.Query, StringComparison.Ordinal);
        Assert.Equal("1", (string?)accept["connectHeaders"]!["X-Custom"]);
        Assert.Null(accept["connectHeaders"]!["ServiceBusAuthorization"]);
        Assert.Equal("wsr.2", sender.SubProtocol);
    }

    [Fact]
    public async Task Connect_Refused_SenderGetsStatusAndListenerGets410()
    {
        using var listener = await ListenAsync();
        var refused = RawListener.RefusalAsync(Socket("sb-hc-action=connect"), await TokenAsync(DevRelayFixture.Send));

        var address = (string)(await listener.ReadJsonAsync())["accept"]!["address"]!;
        var gone = await RawListener.RefusalAsync(new Uri($"{address}&sb-hc-statusCode=418&sb-hc-statusDescription=No%20tea"));

        Assert.Equal(410, gone);
        Assert.Equal(418, await refused);
    }

    [Fact]
    public async Task Connect_ListenerDoesNotCome_504()
    {
        await using var relay = await DevRelayServer.StartAsync(
            new DevRelayOptions
            {
                HybridConnections = [DevRelayFixture.HybridPath],
                AccessKeys = [DevRelayFixture.Both],
                RendezvousTimeout = TimeSpan.FromMilliseconds(300),
            },
            TimeProvider.System,
            CancellationToken.None);
        var address = $"ws://{relay.Address.Authority}/$hc/{DevRelayFixture.HybridPath}";
        using var listener = await RawListener.ConnectAsync(new Uri($"{address}?sb-hc-action=listen"), await TokenAsync(DevRelayFixture.Both));

        Assert.Equal(504, await RawListener.RefusalAsync(new Uri($"{address}?sb-hc-action=connect"), await TokenAsync(DevRelayFixture.Both)));
    }

    [Fact]
    public async Task Connect_OneSideVanishes_OtherIsClosed()
    {
        using var listener = await ListenAsync();
        var connecting = RawListener.ConnectAsync(Socket("sb-hc-action=connect"), await TokenAsync(DevRelayFixture.Send));
        var accepted = await RawListener.ConnectAsync(new Uri((string)(await listener.ReadJsonAsync())["accept"]!["address"]!));
        using var sender = await connecting;

        accepted.Socket.Abort();

        Assert.Equal(1001, await sender.ReadCloseAsync());
    }

    [Fact]
    public async Task Stop_WithListenersAndSenders_EndsAll()
    {
        using var listener = await ListenAsync();
        var sending = _client.SendAsync(await RequestAsync());
        await listener.ReadJsonAsync();

        await _fixture.Relay.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(1001, await listener.ReadCloseAsync());
        await ((Task)sending).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Start_PortTaken_ConfigurationFailure()
    {
        var options = new DevRelayOptions { HybridConnections = ["a"], AccessKeys = [DevRelayFixture.Both], Port = _fixture.Relay.Address.Port };

        await Assert.ThrowsAsync<ConfigurationException>(() => DevRelayServer.StartAsync(options, TimeProvider.System, CancellationToken.None));
    }

    [Fact]
    public async Task Start_NothingToServe_ConfigurationFailure() =>
        await Assert.ThrowsAsync<ConfigurationException>(() => DevRelayServer.StartAsync(
            new DevRelayOptions { HybridConnections = [], AccessKeys = [] }, TimeProvider.System, CancellationToken.None));

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(20, deadline.Token);
        }
    }

    private async Task<string> TokenAsync(RelayAccessKey key)
    {
        using var tokens = DevRelayFixture.Tokens(key);
        return (await tokens.GetTokenAsync(_fixture.Endpoint, CancellationToken.None)).Value;
    }

    private Uri Socket(string query, string path = DevRelayFixture.HybridPath) =>
        new($"ws://{_fixture.Relay.Address.Authority}/$hc/{path}?{query}");

    private async Task<RawListener> ListenAsync() =>
        await RawListener.ConnectAsync(Socket("sb-hc-action=listen&sb-hc-id=test"), await TokenAsync(DevRelayFixture.Listen));

    private async Task<HttpRequestMessage> RequestAsync(string target = "", byte[]? body = null)
    {
        var request = new HttpRequestMessage(
            body is null ? HttpMethod.Get : HttpMethod.Post, new Uri($"http://{_fixture.Relay.Address.Authority}/{DevRelayFixture.HybridPath}{target}"));
        request.Headers.TryAddWithoutValidation("ServiceBusAuthorization", await TokenAsync(DevRelayFixture.Send));
        request.Content = body is null ? null : new ByteArrayContent(body);
        return request;
    }
}
