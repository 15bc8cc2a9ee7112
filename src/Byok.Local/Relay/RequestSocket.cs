using System.Net.WebSockets;
using System.Text.Json;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Local.Relay;

/// <summary>A rendezvous socket over which requests and answers go.</summary>
/// <param name="rendezvous">Where the listener came to.</param>
/// <param name="timeout">How long the listener may be silent, or not read, while it is its turn.</param>
internal sealed class RequestSocket(Rendezvous rendezvous, WebSocket socket, TimeSpan timeout, TimeProvider timeProvider)
{
    private const int FragmentInBytes = 32 * 1024;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private Task<WebSocketMessage>? _next;

    /// <summary>The listener's next message, or the end of the socket. Always being read, so that its end is seen at once.</summary>
    public Task Next => _next ??= WebSocketMessage.ReadAsync(socket, RelayProtocol.MaxMessageInBytes, CancellationToken.None);

    /// <summary>Sends a request and its body.</summary>
    /// <exception cref="RelayFault">502 or 504: the listener is lost, or does not read.</exception>
    public async Task SendRequestAsync(RequestMessage request, Stream body, CancellationToken cancellationToken)
    {
        _ = Next;
        try
        {
            await SendAsync(new RelayMessage { Request = request }.ToBytes(), WebSocketMessageType.Text, true, cancellationToken).ConfigureAwait(false);
            if (request.Body == true)
            {
                await SendBodyAsync(body, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (IsLost(exception, cancellationToken))
        {
            // A listener may answer before it has read everything, and hang up; if it has not answered, reading says so.
        }
    }

    /// <summary>Reads the head of the answer.</summary>
    /// <exception cref="RelayFault">502 or 504: the listener is lost, answers nonsense or nothing.</exception>
    public async Task<ResponseMessage> ReadResponseAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                _ = Next;
                var message = await _next!.WaitAsync(timeout, timeProvider, cancellationToken).ConfigureAwait(false);
                _next = null;
                if (message.Type == WebSocketMessageType.Close)
                {
                    throw RelayFault.ListenerLost();
                }

                // hyco-https sends an empty body even where it has announced none: binary messages before the head are of an earlier answer.
                if (message.Type == WebSocketMessageType.Text)
                {
                    return RelayMessage.Parse(message.Content.Span).Response ?? throw new JsonException();
                }
            }
        }
        catch (JsonException)
        {
            throw RelayFault.BadAnswer("it is not a response message.");
        }
        catch (TimeoutException)
        {
            throw RelayFault.NoAnswer();
        }
        catch (Exception exception) when (exception is IOException || IsLost(exception, cancellationToken))
        {
            throw RelayFault.ListenerLost();
        }
    }

    /// <summary>Copies the body of the answer, part by part as it comes.</summary>
    /// <exception cref="RelayFault">The listener is lost, or silent for too long.</exception>
    public async Task CopyBodyAsync(Stream destination, CancellationToken cancellationToken)
    {
        var buffer = new byte[FragmentInBytes];
        while (true)
        {
            ValueWebSocketReceiveResult part;
            using (var deadline = new CancellationTokenSource(timeout, timeProvider))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token))
            {
                try
                {
                    part = await socket.ReceiveAsync(buffer.AsMemory(), either.Token).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    throw RelayFault.ListenerLost();
                }
            }

            if (part.MessageType != WebSocketMessageType.Binary)
            {
                throw RelayFault.ListenerLost();
            }

            await destination.WriteAsync(buffer.AsMemory(0, part.Count), cancellationToken).ConfigureAwait(false);
            if (part.EndOfMessage)
            {
                return;
            }
        }
    }

    /// <summary>Ends the socket.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status, string? reason)
    {
        using var deadline = new CancellationTokenSource(CloseTimeout);
        try
        {
            await socket.CloseOutputAsync(status, reason, deadline.Token).ConfigureAwait(false);

            // Until the listener's own goodbye: a socket that is torn down with words unread loses those that the listener has not read yet.
            await Next.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            socket.Abort();
        }
        finally
        {
            rendezvous.Leave();
        }
    }

    /// <summary>The listener is lost; an aborted socket says so by a cancellation that nobody asked for.</summary>
    private static bool IsLost(Exception exception, CancellationToken cancellationToken) =>
        exception is WebSocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task SendBodyAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[FragmentInBytes];
        while (true)
        {
            var length = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            await SendAsync(buffer.AsMemory(0, length), WebSocketMessageType.Binary, length == 0, cancellationToken).ConfigureAwait(false);
            if (length == 0)
            {
                return;
            }
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> content, WebSocketMessageType type, bool endOfMessage, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await socket.SendAsync(content, type, endOfMessage, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw RelayFault.NoAnswer();
        }
    }
}
