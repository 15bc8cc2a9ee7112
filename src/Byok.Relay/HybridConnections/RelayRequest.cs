namespace Byok.Relay.HybridConnections;

/// <summary>An HTTP request through the relay, body in memory.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Target">Path below the hybrid connection, and query: <c>/</c> or <c>/exports?id=7</c>.</param>
/// <param name="Headers">Headers; names are compared without case.</param>
/// <param name="Body">The body; empty when there is none.</param>
public sealed record RelayRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>No headers.</summary>
    public static IReadOnlyDictionary<string, string> NoHeaders { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
}
