using System.Net;

namespace Byok.Http;

/// <summary>The answer to a <see cref="BufferedRequest"/>, its body in memory.</summary>
/// <param name="StatusCode">HTTP status. Through Azure Relay, 502 and 504 are the relay's own: a listener may not answer with them.</param>
/// <param name="Headers">Headers; names are compared without case.</param>
/// <param name="Body">The body; empty when there is none.</param>
public sealed record BufferedResponse(HttpStatusCode StatusCode, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>An answer without headers and body.</summary>
    public static BufferedResponse Empty(HttpStatusCode statusCode) => new(statusCode, BufferedRequest.NoHeaders, ReadOnlyMemory<byte>.Empty);
}
