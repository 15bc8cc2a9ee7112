using System.Net.WebSockets;
using Byok.Relay.HybridConnections.Protocol;
using Microsoft.AspNetCore.Http;

namespace Byok.Local.Relay;

/// <summary>Joins a sender's WebSocket with one that a listener opens for it.</summary>
/// <param name="options">Limits and times.</param>
/// <param name="rendezvousTable">The rendezvous addresses.</param>
internal sealed class WebSocketGateway(DevRelayOptions options, RendezvousTable rendezvousTable, TimeProvider timeProvider)
{
    private const int FragmentInBytes = 32 * 1024;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Serves one sender until one side closes.</summary>
    /// <param name="context">The sender's handshake.</param>
    /// <param name="connection">The hybrid connection.</param>
    /// <param name="path">Its path, with what the sender has added.</param>
    /// <param name="query">The sender's own query.</param>
    /// <exception cref="RelayFault">The listener refuses, or there is none.</exception>
    public async Task ServeAsync(HttpContext context, HybridConnection connection, string path, SenderQuery query)
    {
        var listener = connection.Next();
        var (id, rendezvous) = rendezvousTable.Open(listener, RelayProtocol.AcceptAction, path, query.Query);
        try
        {
            var senderId = context.Request.Query[RelayProtocol.IdParameter].ToString();
            var accept = new AcceptMessage(rendezvous.Address, senderId.Length > 0 ? senderId : id, Headers(context.Request));
            await listener.SendAsync(new RelayMessage { Accept = accept }, null, context.RequestAborted).ConfigureAwait(false);
            _ = await Task.WhenAny(rendezvous.Arrival, listener.Closed)
                .WaitAsync(options.RendezvousTimeout, timeProvider, context.RequestAborted).ConfigureAwait(false);
            if (!rendezvous.Arrival.IsCompleted)
            {
                throw RelayFault.ListenerLost();
            }

            using var listenerSocket = await rendezvous.AcceptAsync().ConfigureAwait(false);
            var protocol = context.WebSockets.WebSocketRequestedProtocols.Contains(listenerSocket.SubProtocol ?? string.Empty)
                ? listenerSocket.SubProtocol
                : null;
            using var senderSocket = await context.WebSockets.AcceptWebSocketAsync(protocol).ConfigureAwait(false);
            await JoinAsync(listenerSocket, senderSocket, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw RelayFault.NoAnswer();
        }
        finally
        {
            rendezvousTable.Close(id, rendezvous);
        }
    }

    private static Dictionary<string, string> Headers(HttpRequest request) => request.Headers
        .Where(header => !header.Key.Equals(RelayProtocol.AuthorizationHeader, StringComparison.OrdinalIgnoreCase))
        .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    private static async Task JoinAsync(WebSocket listener, WebSocket sender, CancellationToken cancellationToken)
    {
        var there = CopyAsync(sender, listener, cancellationToken);
        var back = CopyAsync(listener, sender, cancellationToken);
        _ = await Task.WhenAny(there, back).ConfigureAwait(false);
        _ = await Task.WhenAny(Task.WhenAll(there, back), Task.Delay(CloseTimeout, CancellationToken.None)).ConfigureAwait(false);
        listener.Abort();
        sender.Abort();
        await Task.WhenAll(there, back).ConfigureAwait(false);
    }

    private static async Task CopyAsync(WebSocket source, WebSocket destination, CancellationToken cancellationToken)
    {
        var buffer = new byte[FragmentInBytes];
        try
        {
            while (true)
            {
                var part = await source.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await destination.CloseOutputAsync(source.CloseStatus ?? WebSocketCloseStatus.NormalClosure, source.CloseStatusDescription, cancellationToken)
                        .ConfigureAwait(false);
                    return;
                }

                await destination.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (IsLost(exception))
        {
            await TellAsync(destination).ConfigureAwait(false);
        }
    }

    private static async Task TellAsync(WebSocket socket)
    {
        using var deadline = new CancellationTokenSource(CloseTimeout);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "The other side is gone.", deadline.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsLost(exception))
        {
            // Gone too.
        }
    }

    private static bool IsLost(Exception exception) =>
        exception is WebSocketException or OperationCanceledException or IOException or InvalidOperationException or ArgumentException;
}
