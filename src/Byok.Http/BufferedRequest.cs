namespace Byok.Http;

/// <summary>An HTTP request, its body in memory, however it is carried.</summary>
/// <param name="Method">HTTP method, in capitals.</param>
/// <param name="Target">Path below whatever carries it, and query: <c>/</c> or <c>/exports?id=7</c>.</param>
/// <param name="Headers">Headers; names are compared without case.</param>
/// <param name="Body">The body; empty when there is none.</param>
public sealed record BufferedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    public static IReadOnlyDictionary<string, string> NoHeaders { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
}
