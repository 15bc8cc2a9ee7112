using System.Net;
using System.Net.WebSockets;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Relay.HybridConnections;

/// <summary>Opens a listener's WebSockets: control channel and rendezvous.</summary>
internal sealed class RelayConnector : IDisposable
{
    private readonly RelayEndpoint _endpoint;
    private readonly RelayListenerOptions _options;
    private readonly HttpMessageInvoker _transport;
    private readonly TimeProvider _timeProvider;

    public RelayConnector(RelayEndpoint endpoint, RelayListenerOptions options, TimeProvider timeProvider)
    {
        _endpoint = endpoint;
        _options = options;
        _timeProvider = timeProvider;
        _transport = new HttpMessageInvoker(options.CreateTransport?.Invoke() ?? HttpTransport.Create());
    }

    /// <exception cref="ConfigurationException">The relay refuses the token, or does not know the path.</exception>
    /// <exception cref="ServiceUnavailableException">The relay does not answer.</exception>
    public Task<ClientWebSocket> OpenControlChannelAsync(string id, RelayToken token, CancellationToken cancellationToken)
    {
        var socket = NewSocket();
        socket.Options.SetRequestHeader(RelayProtocol.AuthorizationHeader, token.Value);
        socket.Options.KeepAliveTimeout = _options.KeepAliveInterval;
        return ConnectAsync(socket, _endpoint.ControlChannelAddress(id), cancellationToken);
    }

    /// <exception cref="ServiceUnavailableException">The address is not of this relay, or has expired.</exception>
    public Task<ClientWebSocket> OpenRendezvousAsync(Uri address, CancellationToken cancellationToken) =>
        ConnectAsync(NewSocket(), address, cancellationToken);

    /// <summary>Refuses what waits at a rendezvous address; the handshake is meant to fail (410) and carries only the refusal.</summary>
    public async Task RejectAsync(Uri address, HttpStatusCode statusCode, string description, CancellationToken cancellationToken)
    {
        var separator = address.Query.Length == 0 ? '?' : '&';
        var refusal = new Uri(
            $"{address.AbsoluteUri}{separator}{RelayProtocol.StatusCodeParameter}={(int)statusCode}"
            + $"&{RelayProtocol.StatusDescriptionParameter}={Uri.EscapeDataString(description)}");
        try
        {
            using var socket = await ConnectAsync(NewSocket(), refusal, cancellationToken).ConfigureAwait(false);
        }
        catch (ByokException)
        {
            // Meant to fail; and if it fails for another reason, the relay gives up on the sender by itself.
        }
    }

    public void Dispose() => _transport.Dispose();

    private ClientWebSocket NewSocket()
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.KeepAliveInterval = _options.KeepAliveInterval;
        return socket;
    }

    private async Task<ClientWebSocket> ConnectAsync(ClientWebSocket socket, Uri address, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.ConnectTimeout, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await socket.ConnectAsync(address, _transport, either.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception exception) when (exception is WebSocketException or HttpRequestException or OperationCanceledException or IOException)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure(status, exception);
        }
    }

    private ByokException Failure(HttpStatusCode status, Exception exception) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new ConfigurationException(
            $"The relay '{_endpoint.NamespaceAddress.Host}' does not let this listener listen on '{_endpoint.Path}' ({(int)status}); "
            + "check the key or the identity, its right to listen, and this machine's clock.", exception),
        HttpStatusCode.NotFound => new ConfigurationException(
            $"The relay '{_endpoint.NamespaceAddress.Host}' has no hybrid connection '{_endpoint.Path}'; create it, or correct the path.", exception),
        0 => new ServiceUnavailableException($"The relay '{_endpoint.NamespaceAddress.Host}' cannot be reached; check the network and the proxy.", exception),
        _ => new ServiceUnavailableException($"The relay '{_endpoint.NamespaceAddress.Host}' answered {(int)status} to the listener on '{_endpoint.Path}'.", exception),
    };
}
