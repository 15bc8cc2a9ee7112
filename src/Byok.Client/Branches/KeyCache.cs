using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Client.Branches;

/// <summary>
/// What the vault has under each key name, versions with their public parts, for the key cache time: so that pins are read by the minute and not by the blob.
/// Callers who ask at once share one reading.
/// </summary>
public sealed class KeyCache(IKeyVault vault, ClientOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Reading> _readings = new(StringComparer.Ordinal);
    private long _begun;

    /// <summary>The vault that is read.</summary>
    public IKeyVault Vault => vault;

    /// <summary>A key as it was read within the key cache time.</summary>
    /// <param name="keyName">The key's name.</param>
    /// <param name="freshness">The reading must not have begun longer ago than this; null for the key cache time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<KeyLife> GetAsync(string keyName, TimeSpan? freshness, CancellationToken cancellationToken)
    {
        Reading reading;
        lock (_lock)
        {
            reading = _readings.GetValueOrDefault(keyName) is { } known && !known.HasFailed && known.Began.IsWithin(freshness ?? options.KeyCacheTime) ? known : Begin(keyName);
        }

        return reading.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// A key by a reading that begins after this call. All who call while one reading is under way share the next one, so that many blobs at once cost two
    /// readings and not one each.
    /// </summary>
    /// <param name="keyName">The key's name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<KeyLife> ReadNowAsync(string keyName, CancellationToken cancellationToken)
    {
        var asked = Volatile.Read(ref _begun);
        while (true)
        {
            Reading reading;
            lock (_lock)
            {
                reading = _readings.GetValueOrDefault(keyName) is { } known && (known.Number > asked || !known.Task.IsCompleted) ? known : Begin(keyName);
            }

            if (reading.Number > asked)
            {
                return await reading.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            // It began before: whatever it finds, the next one counts.
            await ((Task)reading.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Forgets what was read, so that the next caller sees the vault as it is.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _readings.Clear();
        }
    }

    private Reading Begin(string keyName)
    {
        var (began, number) = (Moment.Now(time), ++_begun);
        return _readings[keyName] = new Reading(began, number, Task.Run(() => vault.ReadLifeWithPublicKeysAsync(keyName, CancellationToken.None), CancellationToken.None));
    }

    private sealed record Reading(Moment Began, long Number, Task<KeyLife> Task)
    {
        public bool HasFailed => Task.IsFaulted || Task.IsCanceled;
    }
}
