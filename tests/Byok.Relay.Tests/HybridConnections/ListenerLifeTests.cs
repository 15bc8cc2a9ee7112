using System.Collections.Concurrent;
using System.Net;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections;

namespace Byok.Relay.Tests.HybridConnections;

public sealed class ListenerLifeTests : IAsyncLifetime
{
    private RelayStage _stage = null!;

    public async Task InitializeAsync() => _stage = await RelayStage.OpenAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task Stop_RequestUnderWay_IsFinishedFirst()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var listener = await _stage.ListenAsync(async (request, cancellationToken) =>
        {
            arrived.SetResult();
            await release.Task;
            return await RelayStage.Echo(request, cancellationToken);
        });
        var sender = _stage.Sender();
        var underWay = sender.SendAsync(RelayStage.Post("body"u8.ToArray()), CancellationToken.None);
        await arrived.Task.WaitAsync(RelayStage.Patience);

        var stopping = listener.StopAsync(CancellationToken.None);
        await RelayStage.UntilAsync(() => listener.State == RelayListenerState.Draining);
        var late = await sender.SendAsync(RelayStage.Post("late"u8.ToArray()), CancellationToken.None).WaitAsync(RelayStage.Patience);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.False(stopping.IsCompleted);
        release.SetResult();

        var response = await underWay.WaitAsync(RelayStage.Patience);
        Assert.Equal("body"u8, response.Body.Span);
        await stopping.WaitAsync(RelayStage.Patience);
        Assert.Equal(RelayListenerState.Stopped, listener.State);
        Assert.Equal(0, _stage.Relay.CountListeners(RelayStage.Path));
    }

    [Fact]
    public async Task Stop_RequestThatDoesNotEnd_IsCancelledAfterTheDrainTimeout()
    {
        var arrived = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        var listener = await _stage.ListenAsync(
            async (request, cancellationToken) =>
            {
                arrived.SetResult();
                _ = cancellationToken.Register(cancelled.SetResult); // not disposed of: the end of this handler must not be quicker than it
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return BufferedResponse.Empty(HttpStatusCode.OK);
            },
            RelayStage.Quick with { DrainTimeout = TimeSpan.FromMilliseconds(200) });
        var sending = _stage.Sender().SendAsync(RelayStage.Post(new byte[1]), CancellationToken.None);
        await arrived.Task.WaitAsync(RelayStage.Patience);

        await listener.StopAsync(CancellationToken.None).WaitAsync(RelayStage.Patience);

        await cancelled.Task.WaitAsync(RelayStage.Patience);
        await Assert.ThrowsAsync<ServiceUnavailableException>(() => sending);
    }

    [Fact]
    public async Task Stop_Twice_IsTheSameStop()
    {
        var listener = await _stage.ListenAsync(RelayStage.Echo);

        await Task.WhenAll(listener.StopAsync(CancellationToken.None), listener.StopAsync(CancellationToken.None)).WaitAsync(RelayStage.Patience);
        await listener.DisposeAsync();

        Assert.Equal(RelayListenerState.Stopped, listener.State);
        await Assert.ThrowsAsync<InvalidOperationException>(() => listener.StartAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Restart_OneListenerAfterAnother_RequestsReachTheNewOne()
    {
        var sender = _stage.Sender();
        for (var generation = 0; generation < 3; generation++)
        {
            var name = $"generation {generation}";
            var listener = await _stage.ListenAsync((_, _) => Task.FromResult(
                new BufferedResponse(HttpStatusCode.OK, new Dictionary<string, string> { ["X-Name"] = name }, default)));

            var response = await sender.SendAsync(RelayStage.Post(new byte[1]), CancellationToken.None).WaitAsync(RelayStage.Patience);

            Assert.Equal(name, response.Headers["X-Name"]);
            await listener.StopAsync(CancellationToken.None).WaitAsync(RelayStage.Patience);
        }
    }

    [Fact]
    public async Task RelayRestarts_ListenerConnectsAgain()
    {
        var listener = await _stage.ListenAsync(RelayStage.Echo);
        var changes = new ConcurrentQueue<RelayListenerStateChange>();
        listener.StateChanged += (_, change) => changes.Enqueue(change);

        await _stage.RestartRelayAsync(TimeSpan.FromMilliseconds(300));
        await RelayStage.UntilAsync(() => changes.LastOrDefault()?.State == RelayListenerState.Online);
        var response = await _stage.Sender().SendAsync(RelayStage.Post("again"u8.ToArray()), CancellationToken.None).WaitAsync(RelayStage.Patience);

        Assert.Equal("again"u8, response.Body.Span);
        Assert.Contains(changes, change => change is { State: RelayListenerState.Connecting, Reason: not null });
    }

    [Fact]
    public async Task Start_RelayComesLater_Connects()
    {
        var port = _stage.Relay.Address.Port;
        await _stage.Relay.DisposeAsync();
        var starting = _stage.ListenAsync(RelayStage.Echo);
        await Task.Delay(300);
        Assert.False(starting.IsCompleted);
        Assert.Equal(port, _stage.Relay.Address.Port);

        await _stage.RestartRelayAsync(TimeSpan.Zero);

        Assert.Equal(RelayListenerState.Online, (await starting.WaitAsync(RelayStage.Patience)).State);
    }

    [Fact]
    public async Task Start_Cancelled_Stops()
    {
        await _stage.Relay.DisposeAsync();
        await using var listener = new HybridConnectionListener(_stage.Endpoint, RelayStage.ListenTokens(), RelayStage.Echo, TimeProvider.System);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listener.StartAsync(patience.Token));

        Assert.Equal(RelayListenerState.Stopped, listener.State);
    }

    [Fact]
    public async Task ShortLivedToken_IsRenewed_ChannelOutlivesIt()
    {
        using var tokens = RelayStage.ListenTokens(TimeSpan.FromSeconds(4));
        var listener = await _stage.ListenAsync(RelayStage.Echo, tokens: tokens);
        var changes = new ConcurrentQueue<RelayListenerStateChange>();
        listener.StateChanged += (_, change) => changes.Enqueue(change);

        await Task.Delay(TimeSpan.FromSeconds(9));

        Assert.Empty(changes);
        Assert.Equal(RelayListenerState.Online, listener.State);
    }

    [Fact]
    public async Task TokenThatCannotBeRenewed_RelayDropsChannel_ListenerConnectsAgain()
    {
        var tokens = new StubbornTokens(RelayStage.ListenTokens(TimeSpan.FromSeconds(3)));
        var listener = await _stage.ListenAsync(RelayStage.Echo, tokens: tokens);
        var changes = new ConcurrentQueue<RelayListenerStateChange>();
        listener.StateChanged += (_, change) => changes.Enqueue(change);
        tokens.Refuses = true;

        await RelayStage.UntilAsync(() => changes.Any(change => change.State == RelayListenerState.Connecting));
        Assert.Contains(changes, change => change.Reason?.Contains("1008", StringComparison.Ordinal) == true);
        tokens.Refuses = false;
        await RelayStage.UntilAsync(() => listener.State == RelayListenerState.Online);

        Assert.NotNull(await _stage.Sender().SendAsync(RelayStage.Post(new byte[1]), CancellationToken.None));
    }

    private sealed class StubbornTokens(IRelayTokenProvider inner) : IRelayTokenProvider
    {
        public volatile bool Refuses;

        public ValueTask<RelayToken> GetTokenAsync(RelayEndpoint endpoint, CancellationToken cancellationToken) =>
            Refuses ? throw new ServiceUnavailableException("No tokens today.") : inner.GetTokenAsync(endpoint, cancellationToken);
    }
}
