using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Relay.HybridConnections;

/// <summary>A hybrid connection: a path on a relay namespace.</summary>
public sealed record RelayEndpoint
{
    private const int MaxPathLength = 260;

    /// <summary>Names a hybrid connection.</summary>
    /// <param name="namespaceAddress">
    /// Address of the namespace, <c>https://NAME.servicebus.windows.net</c>; <c>sb</c> and <c>wss</c> mean the same.
    /// Plain <c>http</c> is for a dev relay on this machine only, because tokens cross the connection.
    /// </param>
    /// <param name="path">Name of the hybrid connection; it may have several segments.</param>
    /// <exception cref="ConfigurationException">The address or the path cannot be one of a relay.</exception>
    public RelayEndpoint(Uri namespaceAddress, string path)
    {
        ArgumentNullException.ThrowIfNull(namespaceAddress);
        ArgumentNullException.ThrowIfNull(path);
        if (!namespaceAddress.IsAbsoluteUri || namespaceAddress.Host.Length == 0)
        {
            throw new ConfigurationException("The relay's namespace is not an address; it should be https://NAME.servicebus.windows.net.");
        }

        var isSecure = namespaceAddress.Scheme is "https" or "wss" or "sb";
        if (!isSecure && !(namespaceAddress.Scheme is "http" or "ws" && namespaceAddress.IsLoopback))
        {
            throw new ConfigurationException("The relay must be reached by https; plain http is allowed on this machine only.");
        }

        path = path.Trim('/');
        if (path.Length is 0 or > MaxPathLength || path.Split('/').Any(segment => !IsSegment(segment)))
        {
            throw new ConfigurationException($"The relay's path is not that of a hybrid connection, 1-{MaxPathLength} letters, digits, '.', '-', '_' and '/'; {SettingText.Describe(path)}.");
        }

        NamespaceAddress = new UriBuilder(isSecure ? "https" : "http", namespaceAddress.Host, namespaceAddress.IsDefaultPort ? -1 : namespaceAddress.Port).Uri;
        Path = path;
    }

    /// <summary>The namespace, as an http or https address without path.</summary>
    public Uri NamespaceAddress { get; }

    /// <summary>The hybrid connection's path, without slashes at its ends.</summary>
    public string Path { get; }

    /// <summary>The resource that tokens are made for: the form without port, always with scheme http, as the service expects.</summary>
    public string Audience => $"http://{NamespaceAddress.Host}/{Path}";

    /// <summary>Where a listener opens its control channel.</summary>
    /// <param name="id">Id for tracing.</param>
    internal Uri ControlChannelAddress(string id) => new UriBuilder(NamespaceAddress)
    {
        Scheme = NamespaceAddress.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs,
        Path = RelayProtocol.WebSocketPathPrefix + Path,
        Query = $"{RelayProtocol.ActionParameter}={RelayProtocol.ListenAction}&{RelayProtocol.IdParameter}={Uri.EscapeDataString(id)}",
    }.Uri;

    /// <summary>Where a sender posts a request.</summary>
    /// <param name="target">Path below the hybrid connection, and query; empty, or beginning with '/' or '?'.</param>
    /// <exception cref="ArgumentException">The target leads elsewhere.</exception>
    internal Uri RequestAddress(string target)
    {
        var root = $"/{Path}";
        if (target.Length > 0 && target[0] is not ('/' or '?'))
        {
            throw new ArgumentException($"A request's target begins with '/' or '?'; '{target}' does not.", nameof(target));
        }

        // Uri resolves dot segments, so what it has made of the target is looked at, not the target.
        var address = new Uri(NamespaceAddress, root + (target == "/" ? string.Empty : target));
        return address.AbsolutePath == root || address.AbsolutePath.StartsWith(root + "/", StringComparison.Ordinal)
            ? address
            : throw new ArgumentException($"The target '{target}' leads out of the hybrid connection '{Path}'.", nameof(target));
    }

    /// <summary>
    /// Whether the relay may send a listener to this address: over the same kind of connection, to the namespace itself or to a host beside it.
    /// Whoever owns the relay must not be able to point a process in the customer's network at the customer's other machines.
    /// </summary>
    /// <param name="address">The rendezvous address.</param>
    internal bool IsRendezvous(Uri address)
    {
        var control = ControlChannelAddress(string.Empty);
        if (address.Scheme != control.Scheme || address.Port != control.Port
            || !address.AbsolutePath.StartsWith(RelayProtocol.WebSocketPathPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var domain = NamespaceAddress.HostNameType == UriHostNameType.Dns ? NamespaceAddress.Host.IndexOf('.') : -1;
        return string.Equals(address.Host, NamespaceAddress.Host, StringComparison.OrdinalIgnoreCase)
            || (domain > 0 && NamespaceAddress.Host.AsSpan(domain + 1).Contains('.')
                && address.Host.EndsWith(NamespaceAddress.Host[domain..], StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsSegment(string segment) =>
        segment.Length > 0 && segment is not ("." or "..") && segment.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
