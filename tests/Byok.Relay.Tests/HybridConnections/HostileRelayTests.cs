using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Byok.Http;
using Byok.Relay.HybridConnections;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Relay.Tests.HybridConnections;

/// <summary>A listener whose relay is not on its side.</summary>
public sealed class HostileRelayTests : IAsyncLifetime
{
    private ScriptedRelay _relay = null!;

    public async Task InitializeAsync() => _relay = await ScriptedRelay.StartAsync();

    public async Task DisposeAsync() => await _relay.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"request":{"id":1}}""")]
    [InlineData("""{"request":{"id":"1","id":"2","method":"GET","body":false}}""")]
    [InlineData("""{"request":{"id":"1","method":"GET","requestHeaders":{"a":"1","A":"2"},"body":false}}""")]
    [InlineData("""{"request":{"id":"1","method":"GET","requestHeaders":{"a":{"b":"c"}},"body":false}}""")]
    public async Task ControlChannel_Nonsense_ListenerConnectsAnewAndServes(string text)
    {
        var calls = 0;
        await using var listener = await ListenAsync(request =>
        {
            calls++;
            return BufferedResponse.Empty(HttpStatusCode.OK);
        });
        var first = await _relay.NextChannelAsync();

        await ScriptedRelay.SendAsync(first, text);
        var second = await _relay.NextChannelAsync();
        await ScriptedRelay.SendAsync(second, """{"request":{"id":"7","method":"GET","requestTarget":"/hyco","body":false}}""");

        Assert.Equal("7", (string?)JsonNode.Parse(await ScriptedRelay.ReadAsync(second))!["response"]!["requestId"]);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task ControlChannel_EndlessMessage_ListenerHangsUp()
    {
        await using var listener = await ListenAsync(_ => BufferedResponse.Empty(HttpStatusCode.OK));
        var first = await _relay.NextChannelAsync();

        for (var part = 0; part < 100 && first.State == WebSocketState.Open; part++)
        {
            try
            {
                await first.SendAsync(new byte[64 * 1024], WebSocketMessageType.Text, false, CancellationToken.None);
            }
            catch (WebSocketException)
            {
                break;
            }
        }

        Assert.Equal(WebSocketState.Open, (await _relay.NextChannelAsync()).State);
    }

    [Fact]
    public async Task ControlChannel_UnknownMessage_IsPassedOver()
    {
        await using var listener = await ListenAsync(_ => BufferedResponse.Empty(HttpStatusCode.Accepted));
        var channel = await _relay.NextChannelAsync();

        await ScriptedRelay.SendAsync(channel, """{"later":{"x":1}}""");
        await ScriptedRelay.SendAsync(channel, """{"request":{"id":"7","method":"GET","requestTarget":"/","body":false,"remoteEndpoint":{"address":"1.2.3.4"}}}""");

        Assert.Equal(202, (int?)JsonNode.Parse(await ScriptedRelay.ReadAsync(channel))!["response"]!["statusCode"]);
    }

    [Theory]
    [InlineData("""{"request":{"address":"ADDRESS"}}""")]
    [InlineData("""{"accept":{"address":"ADDRESS","id":"1"}}""")]
    [InlineData("""{"request":{"address":"ADDRESS","id":"1","method":"GET","requestTarget":"/large","body":false}}""")]
    public async Task Rendezvous_AtAnotherMachine_IsNeverConnectedTo(string message)
    {
        using var innocent = new TcpListener(IPAddress.Loopback, 0);
        innocent.Start();
        await using var listener = await ListenAsync(request => new BufferedResponse(
            HttpStatusCode.OK, BufferedRequest.NoHeaders, request.Target == "/large" ? new byte[100_000] : default));
        var channel = await _relay.NextChannelAsync();

        await ScriptedRelay.SendAsync(channel, message.Replace("ADDRESS", $"ws://{innocent.LocalEndpoint}/$hc/hyco?x", StringComparison.Ordinal));
        await ScriptedRelay.SendAsync(channel, message.Replace("ADDRESS", "not an address", StringComparison.Ordinal));
        await ScriptedRelay.SendAsync(channel, """{"request":{"id":"7","method":"GET","requestTarget":"/","body":false}}""");
        Assert.Contains("\"7\"", await ScriptedRelay.ReadAsync(channel), StringComparison.Ordinal);
        await Task.Delay(200);

        Assert.False(innocent.Pending());
    }

    [Fact]
    public async Task Requests_Thousands_HandlerRunsBoundedAndTheRestIsRefused()
    {
        var release = new TaskCompletionSource();
        var running = 0;
        var most = 0;
        await using var listener = await ListenAsync(async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await release.Task;
            Interlocked.Decrement(ref running);
            return BufferedResponse.Empty(HttpStatusCode.OK);
        });
        var channel = await _relay.NextChannelAsync();
        var statuses = Task.Run(async () =>
        {
            var counts = new Dictionary<int, int>();
            for (var answer = 0; answer < 3000; answer++)
            {
                var status = (int)JsonNode.Parse(await ScriptedRelay.ReadAsync(channel))!["response"]!["statusCode"]!;
                counts[status] = counts.GetValueOrDefault(status) + 1;
                if (counts.GetValueOrDefault(503) == 3000 - 12)
                {
                    release.TrySetResult();
                }
            }

            return counts;
        });

        for (var request = 0; request < 3000; request++)
        {
            await ScriptedRelay.SendAsync(channel, $$$"""{"request":{"id":"{{{request}}}","method":"GET","requestTarget":"/","body":false}}""");
        }

        var result = await statuses.WaitAsync(RelayStage.Patience);
        Assert.Equal(12, result[200]);
        Assert.Equal(2988, result[503]);
        Assert.InRange(most, 1, 4);
    }

    [Fact]
    public async Task Token_ThreeQuartersOfItsLife_IsRenewed()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        using var tokens = new SasTokenProvider("listen", "key", time, TimeSpan.FromMinutes(20));
        await using var listener = new HybridConnectionListener(new RelayEndpoint(_relay.Address, "hyco"), tokens, RelayStage.Echo, time);
        await listener.StartAsync(CancellationToken.None).WaitAsync(RelayStage.Patience);
        var channel = await _relay.NextChannelAsync();
        for (var renewal = 1; renewal <= 3; renewal++)
        {
            var reading = ScriptedRelay.ReadAsync(channel);
            await Task.Delay(200);
            time.Advance(TimeSpan.FromMinutes(14.9));
            await Task.Delay(200);
            Assert.False(reading.IsCompleted);
            time.Advance(TimeSpan.FromMinutes(0.2));

            var token = (string?)JsonNode.Parse(await reading)!["renewToken"]!["token"];

            Assert.Contains($"se={time.GetUtcNow().AddMinutes(20).ToUnixTimeSeconds()}&", token, StringComparison.Ordinal);
        }
    }

    private Task<HybridConnectionListener> ListenAsync(Func<BufferedRequest, BufferedResponse> handler) => ListenAsync(request => Task.FromResult(handler(request)));

    private async Task<HybridConnectionListener> ListenAsync(Func<BufferedRequest, Task<BufferedResponse>> handler)
    {
        var listener = new HybridConnectionListener(
            new RelayEndpoint(_relay.Address, "hyco"), RelayStage.ListenTokens(), (request, _) => handler(request), TimeProvider.System,
            RelayStage.Quick with { MaxConcurrentRequests = 4, MaxWaitingRequests = 8 });
        await listener.StartAsync(CancellationToken.None).WaitAsync(RelayStage.Patience);
        return listener;
    }
}
