using System.Net.WebSockets;

namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>One whole message of a WebSocket.</summary>
/// <param name="Type">Text, binary, or close.</param>
/// <param name="Content">The message; empty for a close.</param>
internal readonly record struct WebSocketMessage(WebSocketMessageType Type, ReadOnlyMemory<byte> Content)
{
    private const int FragmentInBytes = 16 * 1024;

    /// <summary>Reads the next message, of all its fragments.</summary>
    /// <param name="maxInBytes">The longest message that is believed.</param>
    /// <exception cref="RelayMessageTooLongException">The message is longer.</exception>
    /// <exception cref="WebSocketException">The connection is lost.</exception>
    public static async Task<WebSocketMessage> ReadAsync(WebSocket socket, int maxInBytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(FragmentInBytes, maxInBytes + 1)];
        var length = 0;
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return new WebSocketMessage(WebSocketMessageType.Close, ReadOnlyMemory<byte>.Empty);
            }

            length += result.Count;
            if (length > maxInBytes)
            {
                throw new RelayMessageTooLongException(maxInBytes);
            }

            if (result.EndOfMessage)
            {
                return new WebSocketMessage(result.MessageType, buffer.AsMemory(0, length));
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, maxInBytes + 1L));
            }
        }
    }
}
