using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Local.Relay;

/// <summary>A listener's control channel, seen from the relay.</summary>
internal sealed class ListenerSession : IDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ListenerAnswer>> _awaited = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _expiry;
    private readonly TimeProvider _timeProvider;
    private readonly Func<string?, DateTimeOffset> _verify;
    private WebSocket _socket = null!; // Set before anything is sent or read: see RunAsync.

    /// <summary>
    /// Makes a session before its socket is accepted, so that a sender who comes the moment the listener is connected finds it.
    /// </summary>
    /// <param name="rendezvousBase">Scheme and authority by which this listener reaches the relay, for its rendezvous addresses.</param>
    /// <param name="expiresOn">When its token expires.</param>
    /// <param name="verify">Checks a renewed token; gives its expiry, or throws <see cref="RelayFault"/>.</param>
    public ListenerSession(string rendezvousBase, DateTimeOffset expiresOn, Func<string?, DateTimeOffset> verify, TimeProvider timeProvider)
    {
        _verify = verify;
        _timeProvider = timeProvider;
        RendezvousBase = rendezvousBase;
        _expiry = new CancellationTokenSource(Remaining(expiresOn), timeProvider);
    }

    /// <summary>Scheme and authority by which this listener reaches the relay.</summary>
    public string RendezvousBase { get; }

    /// <summary>Ends when the control channel is gone.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Serves the channel until it ends.</summary>
    /// <param name="socket">The accepted socket.</param>
    /// <param name="stopping">The relay stops.</param>
    public async Task RunAsync(WebSocket socket, CancellationToken stopping)
    {
        _socket = socket;
        _attached.SetResult();
        using var expired = _expiry.Token.Register(
            () => Close(WebSocketCloseStatus.PolicyViolation, "The security token has expired, therefore the authorization policy is violated."));
        using var stopped = stopping.Register(() => Close(WebSocketCloseStatus.EndpointUnavailable, "The relay stops."));
        var end = await ReadToTheEndAsync().ConfigureAwait(false);
        _ = _closed.TrySetResult();
        if (end is { } reason)
        {
            await CloseAsync(reason.Status, reason.Text).ConfigureAwait(false);
            await DrainAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Says that an answer to this request is awaited; to be ended by <see cref="Forget"/>.</summary>
    public Task<ListenerAnswer> AwaitAnswer(string requestId)
    {
        var awaited = new TaskCompletionSource<ListenerAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[requestId] = awaited;
        return awaited.Task;
    }

    /// <summary>Nobody waits for the answer any more; should it come, it is dropped.</summary>
    public void Forget(string requestId) => _ = _awaited.TryRemove(requestId, out _);

    /// <summary>Sends a message and its body, if any.</summary>
    public async Task SendAsync(RelayMessage message, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_attached.Task, Closed).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Closed.IsCompleted)
        {
            throw RelayFault.ListenerLost();
        }

        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Not to be cut off half-way by one sender who hangs up: that would end the channel for all.
            await _socket.SendAsync(message.ToBytes(), WebSocketMessageType.Text, true, CancellationToken.None).ConfigureAwait(false);
            if (body is { } content)
            {
                await _socket.SendAsync(content, WebSocketMessageType.Binary, true, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or IOException)
        {
            throw RelayFault.ListenerLost();
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        _ = _closed.TrySetResult();
        _expiry.Dispose();
    }

    /// <summary>Reads until the channel ends; gives what to say to the listener, null when it is beyond hearing.</summary>
    private async Task<(WebSocketCloseStatus Status, string? Text)?> ReadToTheEndAsync()
    {
        try
        {
            await ReadAsync().ConfigureAwait(false);
            return (WebSocketCloseStatus.NormalClosure, null);
        }
        catch (RelayMessageTooLongException)
        {
            return (WebSocketCloseStatus.MessageTooBig, "A message on the control channel is too large; large responses use rendezvous.");
        }
        catch (JsonException)
        {
            return (WebSocketCloseStatus.InvalidPayloadData, "A message on the control channel cannot be read.");
        }
        catch (RelayFault fault)
        {
            return (WebSocketCloseStatus.PolicyViolation, fault.Message);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    /// <summary>Waits for the listener's goodbye: who hangs up with words unread takes back his own.</summary>
    private async Task DrainAsync()
    {
        using var deadline = new CancellationTokenSource(CloseTimeout);
        var buffer = new byte[RelayProtocol.MaxControlChannelBodyInBytes];
        try
        {
            while (_socket.State == WebSocketState.CloseSent)
            {
                _ = await _socket.ReceiveAsync(buffer.AsMemory(), deadline.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // Gone already.
        }
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            var message = await WebSocketMessage.ReadAsync(_socket, RelayProtocol.MaxMessageInBytes, CancellationToken.None).ConfigureAwait(false);
            if (message.Type == WebSocketMessageType.Close)
            {
                return;
            }

            if (message.Type == WebSocketMessageType.Binary)
            {
                continue; // hyco-https sends an empty body even where it has announced none.
            }

            var content = RelayMessage.Parse(message.Content.Span);
            if (content.RenewToken is { } renewal)
            {
                _expiry.CancelAfter(Remaining(_verify(renewal.Token)));
            }
            else if (content.Response is { } response)
            {
                var body = response.Body
                    ? (await WebSocketMessage.ReadAsync(_socket, RelayProtocol.MaxControlChannelBodyInBytes, CancellationToken.None).ConfigureAwait(false)).Content
                    : ReadOnlyMemory<byte>.Empty;
                if (response.RequestId is not null && _awaited.TryRemove(response.RequestId, out var awaited))
                {
                    _ = awaited.TrySetResult(new ListenerAnswer(response, body));
                }
            }
        }
    }

    private void Close(WebSocketCloseStatus status, string reason) => _ = Task.Run(async () =>
    {
        await CloseAsync(status, reason).ConfigureAwait(false);
        // The listener answers with a close of its own, which ends RunAsync; one that does not is cut off.
        _ = await Task.WhenAny(Closed, Task.Delay(CloseTimeout)).ConfigureAwait(false);
        _socket.Abort();
    });

    private async Task CloseAsync(WebSocketCloseStatus status, string? reason)
    {
        using var deadline = new CancellationTokenSource(CloseTimeout);
        try
        {
            await _writing.WaitAsync(deadline.Token).ConfigureAwait(false);
            try
            {
                await _socket.CloseOutputAsync(status, reason, deadline.Token).ConfigureAwait(false);
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // Gone already.
        }
    }

    private TimeSpan Remaining(DateTimeOffset expiresOn)
    {
        var remaining = expiresOn - _timeProvider.GetUtcNow();
        var longest = TimeSpan.FromDays(30);
        return remaining < TimeSpan.Zero ? TimeSpan.Zero : remaining < longest ? remaining : longest;
    }
}
