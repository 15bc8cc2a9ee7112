using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Byok.Local.Relay;

/// <summary>
/// A sender's HTTP connection and the rendezvous socket that belongs to it: once a listener has fetched a request, the sender's further
/// requests go over the same socket, and when one of the two ends the other does.
/// </summary>
internal static class SenderConnection
{
    /// <summary>The socket that an earlier request of this connection has left for this hybrid connection; null when there is none.</summary>
    public static RequestSocket? TakeSocket(HttpContext context, HybridConnection connection)
    {
        var items = context.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
        if (!items.Remove(connection, out var left) || left is not RequestSocket socket)
        {
            return null;
        }

        if (!socket.Next.IsCompleted)
        {
            return socket;
        }

        _ = socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null);
        return null;
    }

    /// <summary>Leaves the socket to the next request, once this one is done.</summary>
    public static void LeaveSocket(HttpContext context, HybridConnection connection, RequestSocket socket)
    {
        var items = context.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
        var lifetime = context.Features.GetRequiredFeature<IConnectionLifetimeFeature>();
        var notification = context.Features.Get<IConnectionLifetimeNotificationFeature>();
        context.Response.OnCompleted(() =>
        {
            items[connection] = socket;
            var closing = lifetime.ConnectionClosed.Register(
                () => _ = Task.Run(() => socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "The sender client shuts down the connection.")));
            _ = socket.Next.ContinueWith(
                _ =>
                {
                    // An answer to a further request, or the end of the socket: then the sender's connection ends with it.
                    closing.Dispose();
                    if (items.Remove(KeyValuePair.Create<object, object?>(connection, socket)))
                    {
                        notification?.RequestClose();
                        _ = socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null);
                    }
                },
                TaskScheduler.Default);
            return Task.CompletedTask;
        });
    }
}
