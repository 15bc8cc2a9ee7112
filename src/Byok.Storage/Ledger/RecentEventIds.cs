namespace Byok.Storage.Ledger;

/// <summary>The ids of the ledger's last entries, by which an event that is appended again is recognised. Bounded: the oldest makes room.</summary>
internal sealed class RecentEventIds
{
    /// <summary>Most ids that are kept.</summary>
    public const int Capacity = 10_000;

    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = new();

    /// <summary>Whether an event is among them.</summary>
    public bool Contains(string eventId) => _ids.Contains(eventId);

    /// <summary>Adds the id of the newest entry.</summary>
    public void Add(string eventId)
    {
        if (!_ids.Add(eventId))
        {
            return;
        }

        _oldestFirst.Enqueue(eventId);
        if (_oldestFirst.Count > Capacity)
        {
            _ids.Remove(_oldestFirst.Dequeue());
        }
    }
}
