using System.Text.Json;

namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>A JSON message of the control channel or of a rendezvous socket: exactly one of its members is set.</summary>
internal sealed record RelayMessage
{
    /// <summary>Relay to listener: a sender wants a WebSocket.</summary>
    public AcceptMessage? Accept { get; init; }

    /// <summary>Relay to listener: a sender's HTTP request.</summary>
    public RequestMessage? Request { get; init; }

    /// <summary>Listener to relay: the answer to a request.</summary>
    public ResponseMessage? Response { get; init; }

    /// <summary>Listener to relay: a new token for the control channel.</summary>
    public RenewTokenMessage? RenewToken { get; init; }

    /// <exception cref="JsonException">The bytes are not a message of this protocol.</exception>
    public static RelayMessage Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, RelayJson.Default.RelayMessage) ?? throw new JsonException("The message is null.");

    /// <summary>Writes the message as UTF-8 JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RelayJson.Default.RelayMessage);
}
