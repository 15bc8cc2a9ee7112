namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>The peer sent a longer message than is believed.</summary>
/// <param name="maxInBytes">The limit.</param>
internal sealed class RelayMessageTooLongException(int maxInBytes) : IOException($"A WebSocket message is longer than {maxInBytes} bytes.");
