using System.Net.WebSockets;
using Byok.Http;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Relay.HybridConnections;

/// <summary>Writes answers onto a socket: one JSON message, then the body as one binary message.</summary>
internal static class ResponseWriter
{
    private const int FragmentInBytes = 64 * 1024;

    /// <summary>Writes an answer. Nothing else may write to the socket meanwhile.</summary>
    public static async Task WriteAsync(WebSocket socket, string requestId, BufferedResponse response, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in response.Headers)
        {
            if (!RelayProtocol.HopHeaders.Contains(name))
            {
                headers[name] = value;
            }
        }

        var hasBody = !response.Body.IsEmpty;
        var message = new RelayMessage
        {
            Response = new ResponseMessage(requestId, (int)response.StatusCode, null, headers, hasBody),
        };
        await socket.SendAsync(message.ToBytes(), WebSocketMessageType.Text, true, cancellationToken).ConfigureAwait(false);
        for (var rest = response.Body; !rest.IsEmpty;)
        {
            var length = Math.Min(FragmentInBytes, rest.Length);
            await socket.SendAsync(rest[..length], WebSocketMessageType.Binary, length == rest.Length, cancellationToken).ConfigureAwait(false);
            rest = rest[length..];
        }
    }
}
