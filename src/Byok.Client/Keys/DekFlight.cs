using Byok.Core.Envelope;

namespace Byok.Client.Keys;

/// <summary>One unwrapping that any number of callers wait for. It is cancelled when all of them have gone; its DEK is zeroed when the last has his copy.</summary>
internal sealed class DekFlight
{
    private readonly CancellationTokenSource _abandoned = new();
    private Task<DataEncryptionKey>? _running;

    /// <summary>How many wait. The cache counts, under its lock.</summary>
    public int Waiters { get; set; }

    /// <summary>Begins on another thread: the cache holds its lock.</summary>
    public void Start(Func<CancellationToken, Task<DataEncryptionKey>> unwrap) => _running = Task.Run(() => unwrap(_abandoned.Token));

    /// <summary>A copy of the DEK for one waiter, whose cancellation is his alone.</summary>
    public async Task<DataEncryptionKey> WaitAsync(CancellationToken cancellationToken) => (await _running!.WaitAsync(cancellationToken).ConfigureAwait(false)).Copy();

    /// <summary>Ends it when nobody waits any more.</summary>
    public async Task EndAsync()
    {
        await _abandoned.CancelAsync().ConfigureAwait(false);
        await ((Task)_running!).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_running.IsCompletedSuccessfully)
        {
            (await _running.ConfigureAwait(false)).Dispose();
        }

        _abandoned.Dispose();
    }
}
