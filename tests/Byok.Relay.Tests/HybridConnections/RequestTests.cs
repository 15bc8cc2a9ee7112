using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections;

namespace Byok.Relay.Tests.HybridConnections;

public sealed class RequestTests : IAsyncLifetime
{
    private RelayStage _stage = null!;

    public async Task InitializeAsync() => _stage = await RelayStage.OpenAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData((64 * 1024) - 1)]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData(1024 * 1024)]
    public async Task Send_BodyOfAnySize_ComesBackWhole(int length)
    {
        await _stage.ListenAsync(RelayStage.Echo);
        var body = RandomNumberGenerator.GetBytes(length);

        var response = await _stage.Sender().SendAsync(RelayStage.Post(body, "/exports?id=7"), CancellationToken.None).WaitAsync(RelayStage.Patience);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("/exports?id=7", response.Headers["X-Target"]);
        Assert.True(response.Body.Span.SequenceEqual(body));
    }

    [Theory]
    [InlineData((64 * 1024) - 1)]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData(1024 * 1024)]
    public async Task Send_SmallRequestLargeAnswer_ComesBackWhole(int length)
    {
        var body = RandomNumberGenerator.GetBytes(length);
        await _stage.ListenAsync((_, _) => Task.FromResult(new BufferedResponse(HttpStatusCode.OK, BufferedRequest.NoHeaders, body)));

        var response = await _stage.Sender().SendAsync(
            new BufferedRequest("GET", "/", BufferedRequest.NoHeaders, default), CancellationToken.None).WaitAsync(RelayStage.Patience);

        Assert.True(response.Body.Span.SequenceEqual(body));
    }

    [Fact]
    public async Task Send_ChunkedBody_ArrivesWhole()
    {
        await _stage.ListenAsync(RelayStage.Echo);
        using var client = new HttpClient();
        var token = await RelayStage.SendTokens().GetTokenAsync(_stage.Endpoint, CancellationToken.None);
        foreach (var length in new[] { 1, 1000, 300_000 })
        {
            var body = RandomNumberGenerator.GetBytes(length);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_stage.Relay.Address, RelayStage.Path)) { Content = new ByteArrayContent(body) };
            request.Headers.TransferEncodingChunked = true;
            request.Headers.TryAddWithoutValidation("ServiceBusAuthorization", token.Value);

            using var response = await client.SendAsync(request);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Send_LargeAndSmallInTurn_OneConnectionServesAll()
    {
        await _stage.ListenAsync(RelayStage.Echo);
        using var transport = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        var sender = _stage.Sender(transport: transport);
        foreach (var length in new[] { 10, 200_000, 10, 0, 300_000, 70_000, 5 })
        {
            var body = RandomNumberGenerator.GetBytes(length);

            var response = await sender.SendAsync(RelayStage.Post(body), CancellationToken.None).WaitAsync(RelayStage.Patience);

            Assert.True(response.Body.Span.SequenceEqual(body));
        }
    }

    [Fact]
    public async Task Send_MethodHeadersStatus_CrossTheRelay()
    {
        BufferedRequest? seen = null;
        await _stage.ListenAsync((request, _) =>
        {
            seen = request;
            return Task.FromResult(new BufferedResponse(
                HttpStatusCode.Conflict, new Dictionary<string, string> { ["X-Reply"] = "ja", ["Connection"] = "close", ["Content-Length"] = "9" }, "no"u8.ToArray()));
        });
        var headers = new Dictionary<string, string> { ["X-Ask"] = "\"quoted\" / <ok>", ["Content-Type"] = "application/json" };

        var response = await _stage.Sender().SendAsync(new BufferedRequest("PUT", "/a%20b/c?d=%2F&e", headers, "{}"u8.ToArray()), CancellationToken.None);

        Assert.Equal("PUT", seen!.Method);
        Assert.Equal("/a%20b/c?d=%2F&e", seen.Target);
        Assert.Equal("application/json", seen.Headers["content-type"]);
        Assert.Equal("\"quoted\" / <ok>", seen.Headers["x-ask"]);
        Assert.DoesNotContain(seen.Headers, header => header.Value.Contains("SharedAccessSignature", StringComparison.Ordinal));
        Assert.Contains("127.0.0.1", seen.Headers["Via"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("ja", response.Headers["X-Reply"]);
        Assert.Equal("no"u8, response.Body.Span);
    }

    [Theory]
    [InlineData("X-Ask", "ärger")]
    [InlineData("X-Ask", "a\r\nServiceBusAuthorization: b")]
    [InlineData("X Ask", "a")]
    [InlineData("ServiceBusAuthorization", "a")]
    public async Task Send_HeaderThatCannotCross_Misuse(string name, string value)
    {
        var request = new BufferedRequest("GET", "/", new Dictionary<string, string> { [name] = value }, default);

        await Assert.ThrowsAsync<ArgumentException>(() => _stage.Sender().SendAsync(request, CancellationToken.None));
    }

    [Fact]
    public async Task Send_HundredInParallel_EachGetsItsOwnAnswer()
    {
        await _stage.ListenAsync(
            async (request, cancellationToken) =>
            {
                await Task.Yield();
                return await RelayStage.Echo(request, cancellationToken);
            },
            RelayStage.Quick with { MaxWaitingRequests = 200 });
        var sender = _stage.Sender();

        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 100 }, async (number, cancellationToken) =>
        {
            var body = RandomNumberGenerator.GetBytes(number % 10 == 0 ? 100_000 + number : 100 + number);
            var response = await sender.SendAsync(RelayStage.Post(body, $"/{number}"), cancellationToken).WaitAsync(RelayStage.Patience, cancellationToken);
            Assert.Equal($"/{number}", response.Headers["X-Target"]);
            Assert.True(response.Body.Span.SequenceEqual(body));
        });
    }

    [Fact]
    public async Task Send_ThreeListeners_ShareTheLoad()
    {
        var served = new ConcurrentDictionary<int, int>();
        for (var number = 0; number < 3; number++)
        {
            var mine = number;
            await _stage.ListenAsync((request, cancellationToken) =>
            {
                served.AddOrUpdate(mine, 1, (_, count) => count + 1);
                return RelayStage.Echo(request, cancellationToken);
            });
        }

        var sender = _stage.Sender();
        for (var request = 0; request < 30; request++)
        {
            await sender.SendAsync(RelayStage.Post(new byte[10]), CancellationToken.None);
        }

        Assert.Equal([10, 10, 10], served.Values);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Send_HandlerThrows_500WithoutAWordOfWhy(int length)
    {
        await _stage.ListenAsync((_, _) => throw new InvalidOperationException("PIN 1234 is wrong"));

        var response = await _stage.Sender().SendAsync(RelayStage.Post(new byte[length]), CancellationToken.None);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.True(response.Body.IsEmpty);
        Assert.DoesNotContain(response.Headers.Values, value => value.Contains("1234", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Send_HandlerAnswersLikeTheRelay_500()
    {
        await _stage.ListenAsync((_, _) => Task.FromResult(BufferedResponse.Empty(HttpStatusCode.BadGateway)));

        var response = await _stage.Sender().SendAsync(RelayStage.Post(new byte[1]), CancellationToken.None);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task Send_BodyLongerThanListenerTakes_413()
    {
        await _stage.ListenAsync(RelayStage.Echo, RelayStage.Quick with { MaxRequestBodyInBytes = 100_000 });

        // Each over a connection of its own: the listener hangs up after a 413, and the sender's connection ends with that.
        var atTheLimit = await _stage.Sender().SendAsync(RelayStage.Post(new byte[100_000]), CancellationToken.None).WaitAsync(RelayStage.Patience);
        var beyond = await _stage.Sender().SendAsync(RelayStage.Post(new byte[100_001]), CancellationToken.None).WaitAsync(RelayStage.Patience);
        var farBeyond = await _stage.Sender().SendAsync(RelayStage.Post(new byte[5_000_000]), CancellationToken.None).WaitAsync(RelayStage.Patience);

        Assert.Equal(HttpStatusCode.OK, atTheLimit.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, beyond.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, farBeyond.StatusCode);
    }

    [Fact]
    public async Task Send_SmallBodyLongerThanListenerTakes_413()
    {
        await _stage.ListenAsync(RelayStage.Echo, RelayStage.Quick with { MaxRequestBodyInBytes = 100 });

        var response = await _stage.Sender().SendAsync(RelayStage.Post(new byte[101]), CancellationToken.None);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Send_AnswerLongerThanSenderTakes_PermanentFailure()
    {
        await _stage.ListenAsync((_, _) => Task.FromResult(new BufferedResponse(HttpStatusCode.OK, BufferedRequest.NoHeaders, new byte[20_001])));
        using var sender = new RelayHttpSender(_stage.Endpoint, RelayStage.SendTokens(), maxResponseBodyInBytes: 20_000);

        await Assert.ThrowsAsync<PermanentByokException>(() => sender.SendAsync(RelayStage.Post(new byte[1]), CancellationToken.None));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Send_MoreThanListenerTakesAtOnce_503ForTheRest(int length)
    {
        var release = new TaskCompletionSource();
        var running = 0;
        await _stage.ListenAsync(
            async (request, _) =>
            {
                Interlocked.Increment(ref running);
                await release.Task;
                return BufferedResponse.Empty(HttpStatusCode.OK);
            },
            RelayStage.Quick with { MaxConcurrentRequests = 1, MaxWaitingRequests = 1 });
        var sender = _stage.Sender();

        var first = sender.SendAsync(RelayStage.Post(new byte[1]), CancellationToken.None);
        await RelayStage.UntilAsync(() => Volatile.Read(ref running) == 1);
        var rest = Enumerable.Range(0, 5).Select(_ => SendStatusAsync(sender, length)).ToList();
        await RelayStage.UntilAsync(() => rest.Count(task => task.IsCompleted) == 4);
        Assert.Equal(1, running);
        release.SetResult();

        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        var statuses = await Task.WhenAll(rest).WaitAsync(RelayStage.Patience);
        Assert.Equal(4, statuses.Count(status => status == HttpStatusCode.ServiceUnavailable));
        Assert.Equal(1, statuses.Count(status => status == HttpStatusCode.OK));
    }

    private static async Task<HttpStatusCode> SendStatusAsync(RelayHttpSender sender, int length)
    {
        try
        {
            return (await sender.SendAsync(RelayStage.Post(new byte[length]), CancellationToken.None)).StatusCode;
        }
        catch (ServiceUnavailableException)
        {
            return HttpStatusCode.ServiceUnavailable;
        }
    }
}
