using System.Net;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections;

namespace Byok.Relay.Tests.HybridConnections;

public sealed class RelayFailureTests : IAsyncLifetime
{
    private RelayStage _stage = null!;

    public async Task InitializeAsync() => _stage = await RelayStage.OpenAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task Send_NobodyListens_ServiceUnavailable()
    {
        var failure = await Assert.ThrowsAsync<ServiceUnavailableException>(() => SendAsync(_stage.Sender()));

        Assert.Contains("Nobody listens", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_UnknownPath_ServiceUnavailable()
    {
        await _stage.ListenAsync(RelayStage.Echo);

        await Assert.ThrowsAsync<ServiceUnavailableException>(
            () => SendAsync(_stage.Sender(endpoint: new RelayEndpoint(_stage.Relay.Address, "agents/nowhere"))));
    }

    [Fact]
    public async Task Send_WrongKey_ConfigurationFailureWithoutTheKey()
    {
        await _stage.ListenAsync(RelayStage.Echo);
        using var tokens = new SasTokenProvider("send", "not-the-key", TimeProvider.System);

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => SendAsync(_stage.Sender(tokens)));

        Assert.DoesNotContain("not-the-key", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SharedAccessSignature", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_KeyThatMayOnlyListen_ConfigurationFailure()
    {
        await _stage.ListenAsync(RelayStage.Echo);

        await Assert.ThrowsAsync<ConfigurationException>(() => SendAsync(_stage.Sender(RelayStage.ListenTokens())));
    }

    [Fact]
    public async Task Send_RelayDoesNotRun_ServiceUnavailable()
    {
        var endpoint = _stage.Endpoint;
        await _stage.Relay.DisposeAsync();

        await Assert.ThrowsAsync<ServiceUnavailableException>(() => SendAsync(_stage.Sender(endpoint: endpoint)));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Send_SlowHandler_ServiceUnavailable(int length)
    {
        await using var stage = await RelayStage.OpenAsync(RelayStage.Options with { AnswerTimeout = TimeSpan.FromMilliseconds(500) });
        var release = new TaskCompletionSource();
        await stage.ListenAsync(async (_, _) =>
        {
            await release.Task;
            return BufferedResponse.Empty(HttpStatusCode.OK);
        });

        var failure = await Assert.ThrowsAsync<ServiceUnavailableException>(() => SendAsync(stage.Sender(), length));
        release.SetResult();

        Assert.Contains("504", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Send_ListenerGoesInTheMiddle_ServiceUnavailable(int length)
    {
        var arrived = new TaskCompletionSource();
        var listener = await _stage.ListenAsync(async (_, cancellationToken) =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return BufferedResponse.Empty(HttpStatusCode.OK);
        });
        var sending = SendAsync(_stage.Sender(), length);
        await arrived.Task.WaitAsync(RelayStage.Patience);

        await listener.DisposeAsync();

        var failure = await Assert.ThrowsAsync<ServiceUnavailableException>(() => sending);
        Assert.Contains("502", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_CallerGivesUp_Cancelled()
    {
        await _stage.ListenAsync(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return BufferedResponse.Empty(HttpStatusCode.OK);
        });
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _stage.Sender().SendAsync(RelayStage.Post(new byte[1]), patience.Token));
    }

    [Fact]
    public async Task Send_AfterCallerGaveUp_OthersAreServed()
    {
        var release = new TaskCompletionSource();
        await _stage.ListenAsync(async (request, _) =>
        {
            if (request.Target == "/slow")
            {
                await release.Task;
            }

            return BufferedResponse.Empty(HttpStatusCode.OK);
        });
        var sender = _stage.Sender();
        using (var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.SendAsync(RelayStage.Post(new byte[1], "/slow"), patience.Token));
        }

        release.SetResult();
        var response = await SendAsync(sender);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("listen", "wrong")]
    [InlineData("nobody", RelayStage.ListenKey)]
    [InlineData("send", RelayStage.SendKey)]
    public async Task Start_KeyThatMayNotListen_ConfigurationFailure(string name, string key)
    {
        using var tokens = new SasTokenProvider(name, key, TimeProvider.System);
        await using var listener = new HybridConnectionListener(_stage.Endpoint, tokens, RelayStage.Echo, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => listener.StartAsync(CancellationToken.None).WaitAsync(RelayStage.Patience));

        Assert.DoesNotContain("SharedAccessSignature", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(RelayListenerState.Stopped, listener.State);
    }

    [Fact]
    public async Task Start_UnknownPath_ConfigurationFailure()
    {
        await using var listener = new HybridConnectionListener(
            new RelayEndpoint(_stage.Relay.Address, "agents/nowhere"), RelayStage.ListenTokens(), RelayStage.Echo, TimeProvider.System);

        await Assert.ThrowsAsync<ConfigurationException>(() => listener.StartAsync(CancellationToken.None).WaitAsync(RelayStage.Patience));
    }

    [Fact]
    public async Task Start_MoreListenersThanRelayTakes_WaitsForAPlace()
    {
        await using var stage = await RelayStage.OpenAsync(RelayStage.Options with { MaxListeners = 2 });
        var first = await stage.ListenAsync(RelayStage.Echo);
        await stage.ListenAsync(RelayStage.Echo);

        var third = stage.ListenAsync(RelayStage.Echo);
        await Task.Delay(500);
        Assert.False(third.IsCompleted);
        await first.StopAsync(CancellationToken.None);

        Assert.Equal(RelayListenerState.Online, (await third).State);
        Assert.Equal(2, stage.Relay.CountListeners(RelayStage.Path));
    }

    private static Task<BufferedResponse> SendAsync(RelayHttpSender sender, int length = 10) =>
        sender.SendAsync(RelayStage.Post(new byte[length]), CancellationToken.None).WaitAsync(RelayStage.Patience);
}
