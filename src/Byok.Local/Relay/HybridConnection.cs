namespace Byok.Local.Relay;

/// <summary>One path and the listeners on it.</summary>
/// <param name="maxListeners">How many may listen.</param>
internal sealed class HybridConnection(string path, int maxListeners)
{
    private readonly Lock _lock = new();
    private readonly List<ListenerSession> _listeners = [];
    private int _turn;

    /// <summary>The path, without slashes at its ends.</summary>
    public string Path { get; } = path;

    /// <summary>How many listeners there are.</summary>
    public int ListenerCount
    {
        get
        {
            lock (_lock)
            {
                return _listeners.Count;
            }
        }
    }

    /// <summary>Adds a listener; false when there are too many.</summary>
    public bool TryAdd(ListenerSession listener)
    {
        lock (_lock)
        {
            if (_listeners.Count >= maxListeners)
            {
                return false;
            }

            _listeners.Add(listener);
            return true;
        }
    }

    /// <summary>Removes a listener.</summary>
    public void Remove(ListenerSession listener)
    {
        lock (_lock)
        {
            _ = _listeners.Remove(listener);
        }
    }

    /// <summary>The listener whose turn it is.</summary>
    /// <exception cref="RelayFault">404: there is none.</exception>
    public ListenerSession Next()
    {
        lock (_lock)
        {
            return _listeners.Count > 0 ? _listeners[_turn++ % _listeners.Count] : throw RelayFault.NoListeners();
        }
    }
}
