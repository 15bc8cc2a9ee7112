using Azure.Core.Pipeline;

namespace Byok.Http;

/// <summary>
/// The transport of every HTTP and WebSocket client of ours. It uses the system's proxy (<c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c>, <c>ALL_PROXY</c>, <c>NO_PROXY</c>,
/// or what Windows and macOS are set to), and no proxy for this machine itself: the plaintext of an upload to a local emulator must not leave it.
/// </summary>
public static class HttpTransport
{
    /// <summary>Makes a handler that follows no redirects and keeps no cookies.</summary>
    public static SocketsHttpHandler Create() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        Proxy = new ProxyExceptLoopback(() => HttpClient.DefaultProxy),
        // A service that fails over moves its name to another address, and agent and app run for months.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>The same for a client of the Azure SDK, which by itself would send loopback through <c>HTTP_PROXY</c> too. It has its own timeouts.</summary>
    public static HttpPipelineTransport CreateForAzure() => new HttpClientTransport(new HttpClient(Create()) { Timeout = Timeout.InfiniteTimeSpan });
}
