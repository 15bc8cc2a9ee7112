namespace Byok.Durable;

/// <summary>Raised events that nobody has waited for yet, and waits that no event has met yet; both in order. Names ignore case, as in Durable Functions.</summary>
internal sealed class EventBuffer
{
    private readonly LinkedList<HistoryEvent> _unread = new();
    private readonly LinkedList<(string Name, Action<string?> Receive)> _waiters = new();

    public bool HasWaiters => _waiters.Count > 0;

    public IReadOnlyList<HistoryEvent> Unread => [.. _unread];

    public void Add(HistoryEvent raised)
    {
        for (var node = _waiters.First; node is not null; node = node.Next)
        {
            if (IsSame(node.Value.Name, raised.Name))
            {
                _waiters.Remove(node);
                node.Value.Receive(raised.Payload);
                return;
            }
        }

        _unread.AddLast(raised);
    }

    public bool TryTake(string name, out string? payload)
    {
        for (var node = _unread.First; node is not null; node = node.Next)
        {
            if (IsSame(node.Value.Name, name))
            {
                _unread.Remove(node);
                payload = node.Value.Payload;
                return true;
            }
        }

        payload = null;
        return false;
    }

    /// <summary>Waits for an event.</summary>
    /// <returns>Gives up the wait.</returns>
    public Action Wait(string name, Action<string?> receive)
    {
        var node = _waiters.AddLast((name, receive));
        return () =>
        {
            if (node.List is not null)
            {
                _waiters.Remove(node);
            }
        };
    }

    private static bool IsSame(string? left, string? right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
