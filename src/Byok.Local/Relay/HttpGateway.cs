using System.Net.WebSockets;
using Byok.Relay.HybridConnections.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Byok.Local.Relay;

/// <summary>Takes HTTP requests of senders to a listener and the answers back.</summary>
/// <param name="options">Limits and times.</param>
/// <param name="rendezvousTable">The rendezvous addresses.</param>
internal sealed class HttpGateway(DevRelayOptions options, RendezvousTable rendezvousTable, TimeProvider timeProvider)
{
    /// <summary>Serves one request.</summary>
    /// <exception cref="RelayFault">The relay has to answer by itself.</exception>
    public async Task ServeAsync(HttpContext context, HybridConnection connection, SenderQuery query)
    {
        if (SenderConnection.TakeSocket(context, connection) is { } kept)
        {
            var id = Guid.NewGuid().ToString();
            await ExchangeAsync(context, connection, kept, Message(context, query, null, id, HasBody(context.Request))).ConfigureAwait(false);
        }
        else if (FitsControlChannel(context.Request))
        {
            await ServeOverControlChannelAsync(context, connection, query).ConfigureAwait(false);
        }
        else
        {
            await ServeOverRendezvousAsync(context, connection, query).ConfigureAwait(false);
        }
    }

    private async Task ServeOverControlChannelAsync(HttpContext context, HybridConnection connection, SenderQuery query)
    {
        ReadOnlyMemory<byte>? body = null;
        if (HasBody(context.Request))
        {
            var buffer = new byte[(int)context.Request.ContentLength!.Value];
            await context.Request.Body.ReadExactlyAsync(buffer, context.RequestAborted).ConfigureAwait(false);
            body = buffer;
        }

        var listener = connection.Next();
        var (id, rendezvous) = rendezvousTable.Open(listener, RelayProtocol.RequestAction, connection.Path, string.Empty);
        var answered = listener.AwaitAnswer(id);
        try
        {
            var request = Message(context, query, rendezvous.Address, id, body is not null);
            await listener.SendAsync(new RelayMessage { Request = request }, body, context.RequestAborted).ConfigureAwait(false);
            await WaitAsync(Task.WhenAny(answered, rendezvous.Arrival, listener.Closed), options.AnswerTimeout, context).ConfigureAwait(false);
            if (answered.IsCompletedSuccessfully)
            {
                var answer = await answered.ConfigureAwait(false);
                WriteHead(context, answer.Response);
                if (answer.Response.Body && MayHaveBody(context))
                {
                    context.Response.ContentLength = answer.Body.Length;
                    await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
                }
            }
            else if (rendezvous.Arrival.IsCompleted)
            {
                var socket = new RequestSocket(rendezvous, await rendezvous.AcceptAsync().ConfigureAwait(false), options.AnswerTimeout, timeProvider);
                try
                {
                    await WriteAnswerAsync(context, socket).ConfigureAwait(false);
                }
                finally
                {
                    // Not kept: a listener that has only answered here does not expect requests here.
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null).ConfigureAwait(false);
                }
            }
            else
            {
                throw RelayFault.ListenerLost();
            }
        }
        finally
        {
            listener.Forget(id);
            rendezvousTable.Close(id, rendezvous);
        }
    }

    private async Task ServeOverRendezvousAsync(HttpContext context, HybridConnection connection, SenderQuery query)
    {
        var listener = connection.Next();
        var (id, rendezvous) = rendezvousTable.Open(listener, RelayProtocol.RequestAction, connection.Path, string.Empty);
        try
        {
            var invitation = new RequestMessage(rendezvous.Address, null, null, null, null, null);
            await listener.SendAsync(new RelayMessage { Request = invitation }, null, context.RequestAborted).ConfigureAwait(false);
            await WaitAsync(Task.WhenAny(rendezvous.Arrival, listener.Closed), options.RendezvousTimeout, context).ConfigureAwait(false);
            if (!rendezvous.Arrival.IsCompleted)
            {
                throw RelayFault.ListenerLost();
            }

            var socket = new RequestSocket(rendezvous, await rendezvous.AcceptAsync().ConfigureAwait(false), options.AnswerTimeout, timeProvider);
            await ExchangeAsync(context, connection, socket, Message(context, query, rendezvous.Address, id, HasBody(context.Request))).ConfigureAwait(false);
        }
        catch
        {
            rendezvousTable.Close(id, rendezvous);
            throw;
        }
    }

    private static async Task ExchangeAsync(HttpContext context, HybridConnection connection, RequestSocket socket, RequestMessage request)
    {
        try
        {
            await socket.SendRequestAsync(request, context.Request.Body, context.RequestAborted).ConfigureAwait(false);
            await WriteAnswerAsync(context, socket).ConfigureAwait(false);
            SenderConnection.LeaveSocket(context, connection, socket);
        }
        catch (Exception exception)
        {
            var status = exception is RelayFault ? WebSocketCloseStatus.InternalServerError : WebSocketCloseStatus.EndpointUnavailable;
            await socket.CloseAsync(status, "The exchange was broken off.").ConfigureAwait(false);
            throw;
        }
    }

    private static async Task WriteAnswerAsync(HttpContext context, RequestSocket socket)
    {
        var response = await socket.ReadResponseAsync(context.RequestAborted).ConfigureAwait(false);
        WriteHead(context, response);
        if (response.Body)
        {
            await socket.CopyBodyAsync(MayHaveBody(context) ? context.Response.Body : Stream.Null, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(Task task, TimeSpan timeout, HttpContext context)
    {
        try
        {
            await task.WaitAsync(timeout, timeProvider, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw RelayFault.NoAnswer();
        }
    }

    private static RequestMessage Message(HttpContext context, SenderQuery query, string? address, string id, bool hasBody)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!RelayProtocol.HopHeaders.Contains(name) && !name.Equals(RelayProtocol.AuthorizationHeader, StringComparison.OrdinalIgnoreCase))
            {
                headers[name] = values.ToString();
            }
        }

        var via = $"1.1 {context.Request.Host.Host}";
        headers["Via"] = headers.TryGetValue("Via", out var earlier) ? $"{earlier}, {via}" : via;
        return new RequestMessage(address, id, query.Target, context.Request.Method, headers, hasBody);
    }

    private static void WriteHead(HttpContext context, ResponseMessage response)
    {
        if (response.StatusCode is < 200 or > 599 or StatusCodes.Status502BadGateway or StatusCodes.Status504GatewayTimeout)
        {
            throw RelayFault.BadAnswer($"the status code {response.StatusCode} is not a listener's to give.");
        }

        context.Response.StatusCode = response.StatusCode;
        if (response.StatusDescription is { Length: > 0 } phrase && phrase.All(c => c is >= ' ' and <= '~'))
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = phrase;
        }

        try
        {
            foreach (var (name, value) in response.ResponseHeaders ?? [])
            {
                if (!RelayProtocol.HopHeaders.Contains(name))
                {
                    context.Response.Headers[name] = value;
                }
            }

            context.Response.Headers.Append("Via", $"1.1 {context.Request.Host.Host}");
        }
        catch (InvalidOperationException)
        {
            context.Response.Clear();
            throw RelayFault.BadAnswer("a header cannot be sent over HTTP.");
        }
    }

    private static bool HasBody(HttpRequest request) => request.ContentLength is > 0 || IsChunked(request);

    private static bool IsChunked(HttpRequest request) => request.ContentLength is null && request.Headers.TransferEncoding.Count > 0;

    /// <summary>64 KiB, headers included; what is chunked may be of any size.</summary>
    private static bool FitsControlChannel(HttpRequest request)
    {
        var headers = request.Headers.Sum(header => (long)header.Key.Length + header.Value.ToString().Length);
        return !IsChunked(request) && headers + (request.ContentLength ?? 0) <= RelayProtocol.MaxControlChannelBodyInBytes;
    }

    private static bool MayHaveBody(HttpContext context) =>
        !HttpMethods.IsHead(context.Request.Method)
        && context.Response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);
}
