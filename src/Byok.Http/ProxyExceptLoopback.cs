using System.Net;

namespace Byok.Http;

/// <summary>Another proxy, but none for loopback addresses and names (RFC 6761, section 6.3), whatever that proxy says of them.</summary>
/// <param name="findProxy">The other proxy, asked for when it is needed: reading the system's settings takes time.</param>
internal sealed class ProxyExceptLoopback(Func<IWebProxy> findProxy) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => findProxy().Credentials;
        set => throw new NotSupportedException("Credentials belong to the system's proxy.");
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : findProxy().GetProxy(destination);

    public bool IsBypassed(Uri host) => IsLoopback(host) || findProxy().IsBypassed(host);

    private static bool IsLoopback(Uri uri)
    {
        var host = uri.IdnHost.TrimEnd('.');
        return uri.IsLoopback
            || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));
    }
}
