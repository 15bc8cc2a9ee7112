using System.Globalization;
using System.Net.WebSockets;
using Byok.Relay.HybridConnections.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Byok.Local.Relay;

/// <summary>Finds out what a connection to the relay wants, checks its token, and hands it on.</summary>
internal sealed class RelayRouter
{
    private readonly TimeProvider _timeProvider;
    private readonly TokenVerifier _verifier;
    private readonly List<HybridConnection> _connections;
    private readonly RendezvousTable _rendezvousTable = new();
    private readonly HttpGateway _httpGateway;
    private readonly WebSocketGateway _webSocketGateway;
    private readonly CancellationTokenSource _stopping = new();

    public RelayRouter(DevRelayOptions options, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _verifier = new TokenVerifier(options.AccessKeys, timeProvider);
        _connections = [.. options.HybridConnections
            .Select(path => new HybridConnection(path.Trim('/'), options.MaxListeners))
            .OrderByDescending(connection => connection.Path.Length)];
        _httpGateway = new HttpGateway(options, _rendezvousTable, timeProvider);
        _webSocketGateway = new WebSocketGateway(options, _rendezvousTable, timeProvider);
    }

    /// <summary>The hybrid connection at a path or above it; the longest wins.</summary>
    public HybridConnection? Find(string path)
    {
        path = path.Trim('/');
        return _connections.FirstOrDefault(connection =>
            path.StartsWith(connection.Path, StringComparison.OrdinalIgnoreCase)
            && (path.Length == connection.Path.Length || path[connection.Path.Length] == '/'));
    }

    /// <summary>Closes all control channels.</summary>
    public Task StopAsync() => _stopping.CancelAsync();

    /// <summary>Serves one HTTP request or WebSocket.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        var rawTarget = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = SenderQuery.Parse(rawTarget);
        var isWebSocketPath = query.Path.StartsWith(RelayProtocol.WebSocketPathPrefix, StringComparison.OrdinalIgnoreCase);
        var path = Uri.UnescapeDataString(isWebSocketPath ? query.Path[RelayProtocol.WebSocketPathPrefix.Length..] : query.Path).Trim('/');
        try
        {
            var connection = Find(path) ?? throw RelayFault.NoSuchPath();
            if (!isWebSocketPath)
            {
                _ = Authorize(context, connection, RelayRights.Send);
                await _httpGateway.ServeAsync(context, connection, query).ConfigureAwait(false);
                return;
            }

            var action = context.Request.Query[RelayProtocol.ActionParameter].ToString();
            if (!context.WebSockets.IsWebSocketRequest)
            {
                throw new RelayFault(StatusCodes.Status400BadRequest, "A WebSocket is expected at this address.");
            }

            await (action switch
            {
                RelayProtocol.ListenAction => ListenAsync(context, connection),
                RelayProtocol.ConnectAction => ConnectAsync(context, connection, query),
                RelayProtocol.AcceptAction or RelayProtocol.RequestAction => MeetAsync(context, action),
                _ => throw new RelayFault(StatusCodes.Status400BadRequest, $"The action in '{RelayProtocol.ActionParameter}' is not known."),
            }).ConfigureAwait(false);
        }
        catch (RelayFault fault)
        {
            await ReportAsync(context, fault, path).ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception)
        {
            await ReportAsync(context, new RelayFault(exception.StatusCode, exception.Message), path).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or WebSocketException)
        {
            context.Abort(); // The sender has gone.
        }
    }

    private async Task ListenAsync(HttpContext context, HybridConnection connection)
    {
        var expiresOn = Authorize(context, connection, RelayRights.Listen);
        var host = context.Request.Host;
        using var session = new ListenerSession(
            $"{(context.Request.IsHttps ? "wss" : "ws")}://{host}", expiresOn,
            token => _verifier.Verify(token, host.Host, connection.Path, RelayRights.Listen), _timeProvider);
        if (!connection.TryAdd(session))
        {
            throw new RelayFault(StatusCodes.Status503ServiceUnavailable, "The maximum number of listeners is connected to the endpoint.");
        }

        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
            await session.RunAsync(socket, _stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            connection.Remove(session);
        }
    }

    private Task ConnectAsync(HttpContext context, HybridConnection connection, SenderQuery query)
    {
        _ = Authorize(context, connection, RelayRights.Send);
        return _webSocketGateway.ServeAsync(context, connection, query.Path[RelayProtocol.WebSocketPathPrefix.Length..], query);
    }

    /// <summary>A listener comes to a rendezvous. The address itself is its permission.</summary>
    private async Task MeetAsync(HttpContext context, string action)
    {
        var parameters = context.Request.Query;
        if (!_rendezvousTable.TryTake(parameters[RelayProtocol.IdParameter].ToString(), action, out var rendezvous))
        {
            throw new RelayFault(StatusCodes.Status403Forbidden, "The rendezvous address is not valid, or no longer.");
        }

        if (int.TryParse(parameters[RelayProtocol.StatusCodeParameter], NumberStyles.None, CultureInfo.InvariantCulture, out var statusCode))
        {
            var description = parameters[RelayProtocol.StatusDescriptionParameter].ToString();
            rendezvous.Refuse(new RelayFault(statusCode is >= 400 and <= 599 ? statusCode : StatusCodes.Status400BadRequest, description));
            throw new RelayFault(StatusCodes.Status410Gone, "The refusal was passed on.");
        }

        await rendezvous.ArriveAsync(context).ConfigureAwait(false);
    }

    /// <summary>Checks the token wherever it may be, and takes it away.</summary>
    private DateTimeOffset Authorize(HttpContext context, HybridConnection connection, RelayRights right)
    {
        var headers = context.Request.Headers;
        var token = context.Request.Query[RelayProtocol.TokenParameter].ToString();
        if (token.Length == 0)
        {
            token = headers[RelayProtocol.AuthorizationHeader].ToString();
        }

        if (token.Length == 0)
        {
            token = headers.Authorization.ToString();
            _ = headers.Remove("Authorization");
        }

        return _verifier.Verify(token, context.Request.Host.Host, connection.Path, right);
    }

    private async Task ReportAsync(HttpContext context, RelayFault fault, string path)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        var text = $"{fault.Message} TrackingId:{Guid.NewGuid()}, SystemTracker:sb://{context.Request.Host}/{path}, "
            + $"Timestamp:{_timeProvider.GetUtcNow().ToString("s", CultureInfo.InvariantCulture)}";
        var reason = new string([.. text.Select(c => c is >= ' ' and <= '~' ? c : '?')]);
        context.Response.Clear();
        context.Response.StatusCode = fault.StatusCode;
        context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync($"{fault.StatusCode}: {text}", CancellationToken.None).ConfigureAwait(false);
    }
}
