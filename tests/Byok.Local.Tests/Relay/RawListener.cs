using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Byok.Local.Tests.Relay;

/// <summary>A WebSocket to the relay that says exactly what a test wants to say.</summary>
internal sealed class RawListener(ClientWebSocket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public ClientWebSocket Socket => socket;

    public static async Task<RawListener> ConnectAsync(Uri address, string? token = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
        {
            socket.Options.SetRequestHeader("ServiceBusAuthorization", token);
        }

        await socket.ConnectAsync(address, CancellationToken.None).WaitAsync(Patience);
        return new RawListener(socket);
    }

    /// <summary>The status with which the relay refuses a handshake.</summary>
    public static async Task<int> RefusalAsync(Uri address, string? token = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
        {
            socket.Options.SetRequestHeader("ServiceBusAuthorization", token);
        }

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(address, CancellationToken.None).WaitAsync(Patience));
        return (int)socket.HttpStatusCode;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendAsync(byte[] content, WebSocketMessageType type = WebSocketMessageType.Binary) =>
        socket.SendAsync(content, type, true, CancellationToken.None).WaitAsync(Patience);

    public Task RespondAsync(string requestId, int status, bool body = false) =>
        SendAsync($$$"""{"response":{"requestId":{{{JsonSerializer.Serialize(requestId)}}},"statusCode":"{{{status}}}","body":{{{(body ? "true" : "false")}}} }}""");

    public async Task<JsonObject> ReadJsonAsync() => JsonNode.Parse(await ReadAsync(WebSocketMessageType.Text))!.AsObject();

    public async Task<byte[]> ReadAsync(WebSocketMessageType type)
    {
        var content = new MemoryStream();
        var buffer = new byte[8192];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Patience);
            Assert.Equal(type, part.MessageType);
            content.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return content.ToArray();
            }
        }
    }

    /// <summary>Reads until the relay closes, and says with which status.</summary>
    public async Task<int> ReadCloseAsync()
    {
        var buffer = new byte[8192];
        while ((await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Patience)).MessageType != WebSocketMessageType.Close)
        {
        }

        return (int)socket.CloseStatus!;
    }

    public void Dispose() => socket.Dispose();
}
