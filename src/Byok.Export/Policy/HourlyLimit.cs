namespace Byok.Export.Policy;

/// <summary>Counts what happened within the last hour. Not for several threads at once.</summary>
internal sealed class HourlyLimit(int limit, TimeProvider time)
{
    private readonly Queue<DateTimeOffset> _times = new();

    /// <summary>Whether one more is allowed now.</summary>
    public bool Allows()
    {
        var hourAgo = time.GetUtcNow() - TimeSpan.FromHours(1);
        while (_times.TryPeek(out var oldest) && oldest <= hourAgo)
        {
            _times.Dequeue();
        }

        return _times.Count < limit;
    }

    public void Add(DateTimeOffset happenedOn) => _times.Enqueue(happenedOn);
}
