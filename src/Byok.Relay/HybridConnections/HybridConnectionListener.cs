using System.Net.WebSockets;
using Byok.Core.Errors;
using Byok.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Byok.Relay.HybridConnections;

/// <summary>
/// Listens on a hybrid connection and answers HTTP requests ("Azure Relay Hybrid Connections protocol"). Opens no port: one outbound WebSocket is
/// the control channel, further ones carry what is too large for it. A lost connection comes back by itself. Up to 25 listeners,
/// in one process or in many, may share a hybrid connection.
/// </summary>
public sealed class HybridConnectionListener : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly RelayListenerContext _context;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource _firstConnection = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private ControlChannel? _channel;
    private Task? _running;
    private Task? _stopped;

    /// <summary>Makes a listener; <see cref="StartAsync"/> connects it.</summary>
    /// <param name="tokens">Its tokens, with the right to listen.</param>
    /// <param name="handler">
    /// Answers a request; called from many threads. What it throws becomes 500 without a word of why. Its token is cancelled only
    /// when a stop has waited long enough. The service gives up on an answer after 60 seconds.
    /// </param>
    /// <param name="logger">The log; never sees tokens, headers or bodies.</param>
    /// <exception cref="ConfigurationException">An option cannot work.</exception>
    public HybridConnectionListener(
        RelayEndpoint endpoint,
        IRelayTokenProvider tokens,
        Func<BufferedRequest, CancellationToken, Task<BufferedResponse>> handler,
        TimeProvider timeProvider,
        RelayListenerOptions? options = null,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(timeProvider);
        options ??= new RelayListenerOptions();
        logger ??= NullLogger.Instance;
        options.Validate();
        _context = new RelayListenerContext(
            Guid.NewGuid().ToString(), endpoint, options, tokens, new RelayConnector(endpoint, options, timeProvider),
            new RequestGate(handler, options, logger), timeProvider, logger, _aborted.Token);
    }

    /// <summary>Raised after every change of state, on the listener's own thread: be brief.</summary>
    public event EventHandler<RelayListenerStateChange>? StateChanged;

    public RelayListenerState State { get; private set; }

    /// <summary>Connects, and goes on by itself. Waits for the first connection, however long the relay cannot be reached.</summary>
    /// <exception cref="ConfigurationException">The relay refuses the token, or has no such hybrid connection.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_running is not null || _stopped is not null)
            {
                throw new InvalidOperationException("A listener is started once.");
            }

            _running = Task.Run(RunAsync, CancellationToken.None);
        }

        try
        {
            await _firstConnection.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Finishes the requests under way, for as long as the drain timeout; new ones are answered 503 meanwhile. Then disconnects. Does nothing the second time.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _stopped ??= StopCoreAsync(cancellationToken);
        }
    }

    /// <summary>Stops without waiting for requests under way.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);

    private async Task StopCoreAsync(CancellationToken cancellationToken)
    {
        await Task.Yield(); // Leaves the lock before anything runs.
        if (_channel is not null)
        {
            Change(RelayListenerState.Draining, null);
        }

        try
        {
            await _context.Gate.DrainAsync().WaitAsync(_context.Options.DrainTimeout, _context.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Long enough; what still runs is cancelled below.
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_channel is { } channel)
        {
            using var deadline = new CancellationTokenSource(CloseTimeout);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                await channel.CloseAsync(deadline.Token).ConfigureAwait(false);
                await _running!.WaitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or ObjectDisposedException or IOException)
            {
                // The relay does not answer; the connection is cut below.
            }
        }

        await _aborted.CancelAsync().ConfigureAwait(false);
        await (_running ?? Task.CompletedTask).ConfigureAwait(false);
        Change(RelayListenerState.Stopped, null);
        _context.Connector.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stopping.IsCancellationRequested)
        {
            string reason;
            Change(RelayListenerState.Connecting, null);
            try
            {
                (reason, var wasStable) = await ServeOneChannelAsync().ConfigureAwait(false);
                failures = wasStable ? 0 : failures;
            }
            catch (ConfigurationException exception) when (_firstConnection.TrySetException(exception))
            {
                return;
            }
            catch (ByokException exception)
            {
                reason = exception.Message;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            var delay = _context.ReconnectDelay(++failures);
            ListenerLog.ConnectionLost(_context.Logger, _context.Endpoint.Path, reason, delay.TotalSeconds);
            Change(RelayListenerState.Connecting, reason);
            try
            {
                await Task.Delay(delay, _context.TimeProvider, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<(string Reason, bool WasStable)> ServeOneChannelAsync()
    {
        using var channel = await ControlChannel.OpenAsync(_context, _stopping.Token).ConfigureAwait(false);
        var since = _context.TimeProvider.GetTimestamp();
        _channel = channel;
        Change(RelayListenerState.Online, null);
        _ = _firstConnection.TrySetResult();
        try
        {
            var reason = await channel.RunAsync(_aborted.Token).ConfigureAwait(false);

            // A relay that accepts and then hangs up must not be called in a tight loop.
            return (reason, _context.TimeProvider.GetElapsedTime(since) >= _context.Options.MaxReconnectDelay);
        }
        finally
        {
            _channel = null;
        }
    }

    private void Change(RelayListenerState state, string? reason)
    {
        lock (_lock)
        {
            if (State == state && reason is null)
            {
                return;
            }

            State = state;
        }

        ListenerLog.StateChanged(_context.Logger, _context.Endpoint.Path, _context.Endpoint.NamespaceAddress.Host, state);
        StateChanged?.Invoke(this, new RelayListenerStateChange(state, _context.TimeProvider.GetUtcNow(), reason));
    }
}
