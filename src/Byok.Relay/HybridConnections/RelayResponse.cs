using System.Net;

namespace Byok.Relay.HybridConnections;

/// <summary>The answer to a request through the relay, body in memory.</summary>
/// <param name="StatusCode">HTTP status; 502 and 504 are the relay's own, a listener may not answer with them.</param>
/// <param name="Headers">Headers; names are compared without case.</param>
/// <param name="Body">The body; empty when there is none.</param>
public sealed record RelayResponse(HttpStatusCode StatusCode, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>An answer without headers and body.</summary>
    /// <param name="statusCode">HTTP status.</param>
    public static RelayResponse Empty(HttpStatusCode statusCode) => new(statusCode, RelayRequest.NoHeaders, ReadOnlyMemory<byte>.Empty);
}
