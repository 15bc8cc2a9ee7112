using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Local.Relay;

/// <summary>The rendezvous addresses that are good now. Each works once, and only whoever has been told it can know it.</summary>
internal sealed class RendezvousTable
{
    private const int IdInBytes = 16;

    private readonly ConcurrentDictionary<string, Rendezvous> _open = new();

    /// <summary>Opens an address.</summary>
    /// <param name="listener">The listener who is to come.</param>
    /// <param name="action">Value of <c>sb-hc-action</c>.</param>
    /// <param name="path">Path of the hybrid connection, and what the sender has added to it.</param>
    /// <param name="query">The sender's own query, without '?'.</param>
    public (string Id, Rendezvous Rendezvous) Open(ListenerSession listener, string action, string path, string query)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdInBytes));
        var own = query.Length == 0 ? string.Empty : query + "&";
        var rendezvous = new Rendezvous(
            action,
            $"{listener.RendezvousBase}{RelayProtocol.WebSocketPathPrefix}{path}?{own}{RelayProtocol.ActionParameter}={action}&{RelayProtocol.IdParameter}={id}");
        _open[id] = rendezvous;
        return (id, rendezvous);
    }

    /// <summary>Takes an address out of use, because the listener has come.</summary>
    public bool TryTake(string id, string action, [NotNullWhen(true)] out Rendezvous? rendezvous) =>
        _open.TryRemove(id, out rendezvous) && rendezvous.Action == action;

    /// <summary>Takes an address out of use, because nobody waits there any more.</summary>
    public void Close(string id, Rendezvous rendezvous)
    {
        _ = _open.TryRemove(id, out _);
        rendezvous.Leave();
    }
}
