using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Relay.HybridConnections;

/// <summary>An open control channel: reads what the relay says, hands requests on without ever waiting for them, and renews the token.</summary>
internal sealed class ControlChannel : IDisposable
{
    /// <summary>Part of a token's life after which it is renewed.</summary>
    private const double RenewalPoint = 0.75;

    private static readonly TimeSpan MinRenewalDelay = TimeSpan.FromSeconds(1);

    private readonly RelayListenerContext _context;
    private readonly ClientWebSocket _socket;
    private readonly SemaphoreSlim _writing = new(1);
    private DateTimeOffset _tokenExpiresOn;

    private ControlChannel(RelayListenerContext context, ClientWebSocket socket, DateTimeOffset tokenExpiresOn)
    {
        _context = context;
        _socket = socket;
        _tokenExpiresOn = tokenExpiresOn;
    }

    /// <exception cref="ByokException">It cannot be opened: see <see cref="RelayConnector"/>.</exception>
    public static async Task<ControlChannel> OpenAsync(RelayListenerContext context, CancellationToken cancellationToken)
    {
        var token = await context.Tokens.GetTokenAsync(context.Endpoint, cancellationToken).ConfigureAwait(false);
        var socket = await context.Connector.OpenControlChannelAsync(context.Id, token, cancellationToken).ConfigureAwait(false);
        return new ControlChannel(context, socket, token.ExpiresOn);
    }

    /// <summary>Serves the channel until it ends, and says why it did.</summary>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewing = RenewTokensAsync(ended.Token);
        try
        {
            return await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is WebSocketException or JsonException or IOException)
        {
            return exception is JsonException ? "The relay sent a message that is not of this protocol." : $"{exception.Message}";
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await renewing.ConfigureAwait(false);
        }
    }

    public async Task RespondAsync(string requestId, BufferedResponse response, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ResponseWriter.WriteAsync(_socket, requestId, response, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Says goodbye; <see cref="RunAsync"/> ends when the relay has answered.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "The listener stops.", cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    // Writers that are still waiting get an exception of their own from the closed socket; the semaphore needs no disposal.
    public void Dispose() => _socket.Dispose();

    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await WebSocketMessage.ReadAsync(_socket, RelayProtocol.MaxMessageInBytes, cancellationToken).ConfigureAwait(false);
            if (message.Type == WebSocketMessageType.Close)
            {
                return $"The relay closed the control channel ({(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}).";
            }

            if (message.Type != WebSocketMessageType.Text)
            {
                throw new JsonException("A body without a request.");
            }

            switch (RelayMessage.Parse(message.Content.Span))
            {
                case { Request: { Method: not null } request }:
                    var body = request.Body == true ? await ReadBodyAsync(cancellationToken).ConfigureAwait(false) : ReadOnlyMemory<byte>.Empty;
                    _ = Task.Run(() => new RequestExchange(_context, this).ServeAsync(request, body), CancellationToken.None);
                    break;
                case { Request: { } request }:
                    _ = Task.Run(() => new RequestExchange(_context, this).ServeOverRendezvousAsync(request), CancellationToken.None);
                    break;
                case { Accept: { } accept }:
                    ListenerLog.WebSocketRefused(_context.Logger, _context.Endpoint.Path);
                    _ = Task.Run(() => new RequestExchange(_context, this).RejectAsync(
                        accept.Address, HttpStatusCode.NotImplemented, "This listener serves HTTP requests only."), CancellationToken.None);
                    break;
                default:
                    break; // A later protocol may say more; what we do not know is not for us.
            }
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(CancellationToken cancellationToken)
    {
        var message = await WebSocketMessage.ReadAsync(_socket, RelayProtocol.MaxMessageInBytes, cancellationToken).ConfigureAwait(false);
        return message.Type == WebSocketMessageType.Binary ? message.Content : throw new JsonException("A request without its body.");
    }

    private async Task RenewTokensAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        try
        {
            while (true)
            {
                var delay = failures > 0
                    ? _context.ReconnectDelay(failures)
                    : (_tokenExpiresOn - _context.TimeProvider.GetUtcNow()) * RenewalPoint;
                await Task.Delay(delay < MinRenewalDelay ? MinRenewalDelay : delay, _context.TimeProvider, cancellationToken).ConfigureAwait(false);
                try
                {
                    await RenewTokenAsync(cancellationToken).ConfigureAwait(false);
                    failures = 0;
                }
                catch (ByokException exception)
                {
                    failures++;
                    ListenerLog.TokenNotRenewed(_context.Logger, _context.Endpoint.Path, exception.Message);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // The channel has ended; whoever reads from it knows why.
        }
    }

    private async Task RenewTokenAsync(CancellationToken cancellationToken)
    {
        var token = await _context.Tokens.GetTokenAsync(_context.Endpoint, cancellationToken).ConfigureAwait(false);
        var message = new RelayMessage { RenewToken = new RenewTokenMessage(token.Value) };
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(message.ToBytes(), WebSocketMessageType.Text, true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }

        _tokenExpiresOn = token.ExpiresOn;
        ListenerLog.TokenRenewed(_context.Logger, _context.Endpoint.Path, token.ExpiresOn);
    }
}
