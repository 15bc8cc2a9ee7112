using System.Collections.Concurrent;
using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Byok.Pipeline.Tests;

/// <summary>Counts the requests that go to the storage service, by method and container.</summary>
internal sealed class RequestCounter : HttpPipelineSynchronousPolicy
{
    private readonly ConcurrentDictionary<(string Method, string Container), int> _counts = new();

    public override void OnSendingRequest(HttpMessage message)
    {
        // An emulator's address has the account in front of the container.
        var position = IPAddress.TryParse(message.Request.Uri.Host, out _) ? 1 : 0;
        var container = message.Request.Uri.Path.Split('/', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(position) ?? string.Empty;
        _counts.AddOrUpdate((message.Request.Method.Method, container), 1, (_, count) => count + 1);
    }

    public void Reset() => _counts.Clear();

    /// <summary>All counts, by method and container without the suffix that a test's containers have.</summary>
    public IEnumerable<string> All => _counts.Select(pair => $"{pair.Key.Method} {pair.Key.Container.Split('-')[0]} {pair.Value}").Order(StringComparer.Ordinal);

    public int Writes(string? container = null) =>
        _counts.Where(pair => pair.Key.Method is not ("GET" or "HEAD") && (container is null || pair.Key.Container == container)).Sum(pair => pair.Value);

    public int Reads(string container) => _counts.Where(pair => pair.Key.Method is "GET" or "HEAD" && pair.Key.Container == container).Sum(pair => pair.Value);
}
