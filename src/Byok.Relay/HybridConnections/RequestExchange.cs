using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Relay.HybridConnections;

/// <summary>One request and its answer, over the control channel or over a rendezvous socket. Never throws.</summary>
/// <param name="channel">The control channel that the request came over.</param>
internal sealed class RequestExchange(RelayListenerContext context, ControlChannel channel)
{
    /// <summary>Serves a request that came over the control channel whole.</summary>
    public async Task ServeAsync(RequestMessage request, ReadOnlyMemory<byte> body)
    {
        var id = request.Id ?? string.Empty;
        var entered = context.Gate.TryEnter();
        try
        {
            var response = !entered ? BufferedResponse.Empty(HttpStatusCode.ServiceUnavailable)
                : body.Length > context.Options.MaxRequestBodyInBytes ? BufferedResponse.Empty(HttpStatusCode.RequestEntityTooLarge)
                : await context.Gate.HandleAsync(id, Convert(request, body), context.Aborted).ConfigureAwait(false);
            if (response.Body.Length <= RelayProtocol.MaxControlChannelBodyInBytes)
            {
                await channel.RespondAsync(id, response, context.Aborted).ConfigureAwait(false);
            }
            else if (TryAddress(request.Address, out var address))
            {
                using var socket = await context.Connector.OpenRendezvousAsync(address, context.Aborted).ConfigureAwait(false);
                await ResponseWriter.WriteAsync(socket, id, response, context.Aborted).ConfigureAwait(false);
                await CloseAsync(socket).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (IsLost(exception))
        {
            ListenerLog.AnswerLost(context.Logger, id, exception.Message);
        }
        finally
        {
            if (entered)
            {
                context.Gate.Leave();
            }
        }
    }

    /// <summary>Fetches a large request from its rendezvous address and serves it and those that follow on the same socket.</summary>
    public async Task ServeOverRendezvousAsync(RequestMessage invitation)
    {
        if (!TryAddress(invitation.Address, out var address))
        {
            return;
        }

        var id = invitation.Id ?? string.Empty;
        var entered = context.Gate.TryEnter();
        try
        {
            if (!entered)
            {
                await context.Connector.RejectAsync(address, HttpStatusCode.ServiceUnavailable, "The listener is busy.", context.Aborted).ConfigureAwait(false);
                return;
            }

            using var socket = await context.Connector.OpenRendezvousAsync(address, context.Aborted).ConfigureAwait(false);
            while (await ReadRequestAsync(socket).ConfigureAwait(false) is { } request)
            {
                id = request.Id ?? string.Empty;
                entered = entered || context.Gate.TryEnter();
                var response = await RespondAsync(socket, request, entered).ConfigureAwait(false);
                await ResponseWriter.WriteAsync(socket, id, response, context.Aborted).ConfigureAwait(false);
                if (entered)
                {
                    context.Gate.Leave();
                }

                var reusable = entered && response.StatusCode != HttpStatusCode.RequestEntityTooLarge;
                entered = false;
                if (!reusable)
                {
                    break; // The rest of the request was not read.
                }
            }

            await CloseAsync(socket).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsLost(exception))
        {
            ListenerLog.AnswerLost(context.Logger, id, exception.Message);
        }
        finally
        {
            if (entered)
            {
                context.Gate.Leave();
            }
        }
    }

    /// <summary>Refuses what waits at a rendezvous address.</summary>
    public async Task RejectAsync(string? rendezvous, HttpStatusCode statusCode, string description)
    {
        try
        {
            if (TryAddress(rendezvous, out var address))
            {
                await context.Connector.RejectAsync(address, statusCode, description, context.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (IsLost(exception))
        {
            ListenerLog.AnswerLost(context.Logger, "-", exception.Message);
        }
    }

    private async Task<BufferedResponse> RespondAsync(WebSocket socket, RequestMessage request, bool entered)
    {
        if (!entered)
        {
            return BufferedResponse.Empty(HttpStatusCode.ServiceUnavailable);
        }

        var body = ReadOnlyMemory<byte>.Empty;
        if (request.Body == true)
        {
            try
            {
                var message = await WebSocketMessage.ReadAsync(socket, context.Options.MaxRequestBodyInBytes, context.Aborted).ConfigureAwait(false);
                body = message.Type == WebSocketMessageType.Binary ? message.Content : throw new JsonException("A request without its body.");
            }
            catch (RelayMessageTooLongException)
            {
                return BufferedResponse.Empty(HttpStatusCode.RequestEntityTooLarge);
            }
        }

        return await context.Gate.HandleAsync(request.Id ?? string.Empty, Convert(request, body), context.Aborted).ConfigureAwait(false);
    }

    private async Task<RequestMessage?> ReadRequestAsync(WebSocket socket)
    {
        using var idle = new CancellationTokenSource(context.Options.RendezvousIdleTimeout, context.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, context.Aborted);
        var message = await WebSocketMessage.ReadAsync(socket, RelayProtocol.MaxMessageInBytes, either.Token).ConfigureAwait(false);
        return message.Type == WebSocketMessageType.Text ? RelayMessage.Parse(message.Content.Span).Request : null;
    }

    private async Task CloseAsync(WebSocket socket)
    {
        using var deadline = new CancellationTokenSource(context.Options.ConnectTimeout, context.TimeProvider);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token).ConfigureAwait(false);
    }

    private bool TryAddress(string? text, out Uri address)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out address!) && context.Endpoint.IsRendezvous(address))
        {
            return true;
        }

        ListenerLog.RendezvousRefused(context.Logger, context.Endpoint.Path, address?.Host ?? string.Empty);
        return false;
    }

    private BufferedRequest Convert(RequestMessage request, ReadOnlyMemory<byte> body)
    {
        var target = request.RequestTarget ?? "/";
        var prefix = "/" + context.Endpoint.Path;
        if (target.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            && (target.Length == prefix.Length || target[prefix.Length] is '/' or '?'))
        {
            target = target[prefix.Length..];
        }

        return new BufferedRequest(
            request.Method ?? string.Empty,
            target.StartsWith('/') ? target : "/" + target,
            request.RequestHeaders ?? BufferedRequest.NoHeaders,
            body);
    }

    private static bool IsLost(Exception exception) =>
        exception is WebSocketException or ByokException or OperationCanceledException or JsonException or IOException
            or ObjectDisposedException or InvalidOperationException;
}
