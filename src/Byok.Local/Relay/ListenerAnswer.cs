using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Local.Relay;

/// <summary>An answer that came over a control channel, whole.</summary>
/// <param name="Response">Status and headers.</param>
internal sealed record ListenerAnswer(ResponseMessage Response, ReadOnlyMemory<byte> Body);
