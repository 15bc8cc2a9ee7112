namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>Announces a sender's WebSocket.</summary>
/// <param name="Address">Where the listener connects to accept or refuse it; good for one attempt.</param>
/// <param name="Id">Id of the connection.</param>
/// <param name="ConnectHeaders">The headers of the sender's handshake.</param>
internal sealed record AcceptMessage(string? Address, string? Id, Dictionary<string, string>? ConnectHeaders);
