using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Byok.Local.Relay;

/// <summary>A place where a listener is expected, once: to accept a socket, or to fetch or answer a request.</summary>
/// <param name="action">Value of <c>sb-hc-action</c>.</param>
/// <param name="address">What the listener connects to.</param>
internal sealed class Rendezvous(string action, string address)
{
    private readonly TaskCompletionSource<HttpContext> _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Value of <c>sb-hc-action</c>.</summary>
    public string Action { get; } = action;

    /// <summary>What the listener connects to.</summary>
    public string Address { get; } = address;

    /// <summary>The listener's handshake. Ends with <see cref="RelayFault"/> when it refuses.</summary>
    public Task<HttpContext> Arrival => _arrival.Task;

    /// <summary>
    /// The listener is here: ends when its socket is done with. Not before, even when its connection is lost: whoever waits here still has the socket in
    /// his hands then, learns of the loss from it, and leaves.
    /// </summary>
    public async Task ArriveAsync(HttpContext context)
    {
        if (_arrival.TrySetResult(context))
        {
            await _left.Task.ConfigureAwait(false);
        }
    }

    /// <summary>The listener refuses.</summary>
    public void Refuse(RelayFault refusal)
    {
        _ = _arrival.TrySetException(refusal);
        _ = _arrival.Task.Exception; // Seen, also when the sender has left.
    }

    /// <summary>Nobody waits here any more.</summary>
    public void Leave() => _ = _left.TrySetResult();

    /// <summary>Accepts the listener's socket, with the subprotocol that the listener offers, if any.</summary>
    /// <exception cref="RelayFault">The listener refuses.</exception>
    public async Task<WebSocket> AcceptAsync()
    {
        var context = await Arrival.ConfigureAwait(false);
        return await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault()).ConfigureAwait(false);
    }
}
