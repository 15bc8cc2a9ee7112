using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Local.Relay;

/// <summary>A request's target, kept as it was sent, without what is for the relay only.</summary>
/// <param name="Path">The path, percent-encoded as it was sent.</param>
/// <param name="Query">The query without '?' and without parameters for the relay.</param>
internal readonly record struct SenderQuery(string Path, string Query)
{
    /// <summary>Path and query again.</summary>
    public string Target => Query.Length == 0 ? Path : $"{Path}?{Query}";

    /// <summary>Splits a raw target.</summary>
    public static SenderQuery Parse(string rawTarget)
    {
        var mark = rawTarget.IndexOf('?');
        if (mark < 0)
        {
            return new SenderQuery(rawTarget, string.Empty);
        }

        var own = rawTarget[(mark + 1)..].Split('&')
            .Where(pair => pair.Length > 0 && !pair.StartsWith(RelayProtocol.ParameterPrefix, StringComparison.OrdinalIgnoreCase));
        return new SenderQuery(rawTarget[..mark], string.Join('&', own));
    }
}
