using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Client.Keys;

/// <summary>
/// Unwrapped DEKs, for a short time and in this process only, so that the activities of one blob ask the vault once at most.
/// The time counts from the unwrapping, not from the last use: it bounds how long data can be read after a revocation.
/// </summary>
public sealed class DekCache : IDisposable
{
    /// <summary>Most DEKs that are kept: a rotation or an audit passes through millions. The oldest makes room.</summary>
    public const int MaxEntries = 10_000;

    private readonly DekUnwrapper _unwrapper;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<(KeyIdentifier KeyId, string Name), DekFlight> _flights = [];
    private readonly Queue<string> _oldestFirst = new();
    private readonly ITimer _sweeper;

    /// <summary>Caches for <see cref="ClientOptions.DekCacheTime"/>.</summary>
    public DekCache(DekUnwrapper unwrapper, ClientOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _unwrapper = unwrapper;
        _lifetime = options.DekCacheTime;
        _time = time;
        _sweeper = time.CreateTimer(_ => Sweep(), null, _lifetime, _lifetime);
    }

    /// <summary>Keeps a DEK that was just made; the cache takes a copy.</summary>
    public void Put(ReadOnlySpan<byte> wrappedDek, DataEncryptionKey dek)
    {
        ArgumentNullException.ThrowIfNull(dek);
        lock (_lock)
        {
            Keep(NameOf(wrappedDek), dek);
        }
    }

    /// <summary>
    /// The DEK, from memory or unwrapped by the vault. The caller disposes of it. Callers that ask at once for one that is not there wait for one unwrapping; its failure
    /// reaches them all, and is not kept.
    /// </summary>
    /// <exception cref="KeyUnavailableException">The vault does not unwrap with that version now.</exception>
    /// <exception cref="IntegrityException">The wrapped DEK is not of that version.</exception>
    public async Task<DataEncryptionKey> GetAsync(KeyIdentifier keyId, byte[] wrappedDek, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        ArgumentNullException.ThrowIfNull(wrappedDek);
        cancellationToken.ThrowIfCancellationRequested();
        var asked = (KeyId: keyId, Name: NameOf(wrappedDek));
        DekFlight? flight;
        lock (_lock)
        {
            if (_entries.TryGetValue(asked.Name, out var entry) && entry.Until > _time.GetUtcNow())
            {
                return entry.Dek.Copy();
            }

            if (!_flights.TryGetValue(asked, out flight))
            {
                var begun = _flights[asked] = flight = new DekFlight();
                begun.Start(stop => UnwrapAsync(begun, asked, wrappedDek, stop));
            }

            flight.Waiters++;
        }

        try
        {
            return await flight.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (Leave(flight, asked))
            {
                _ = flight.EndAsync();
            }
        }
    }

    /// <summary>Zeroes and forgets everything.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                entry.Dek.Dispose();
            }

            _entries.Clear();
            _oldestFirst.Clear();
            _flights.Clear(); // Who waits for one gets it; it is not kept, and nobody joins it.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sweeper.Dispose();
        Forget();
    }

    private async Task<DataEncryptionKey> UnwrapAsync(DekFlight flight, (KeyIdentifier KeyId, string Name) asked, byte[] wrappedDek, CancellationToken cancellationToken)
    {
        DataEncryptionKey? dek = null;
        try
        {
            return dek = await _unwrapper.UnwrapAsync(asked.KeyId, wrappedDek, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                // Not when everything was forgotten meanwhile: the key may have been revoked.
                if (Remove(flight, asked) && dek is not null)
                {
                    Keep(asked.Name, dek);
                }
            }
        }
    }

    /// <returns>Whether it was the last that waited.</returns>
    private bool Leave(DekFlight flight, (KeyIdentifier KeyId, string Name) asked)
    {
        lock (_lock)
        {
            if (--flight.Waiters > 0)
            {
                return false;
            }

            Remove(flight, asked);
            return true;
        }
    }

    /// <summary>Lets nobody join any more.</summary>
    /// <returns>Whether anybody could.</returns>
    private bool Remove(DekFlight flight, (KeyIdentifier KeyId, string Name) asked) =>
        _flights.GetValueOrDefault(asked) == flight && _flights.Remove(asked);

    private void Keep(string name, DataEncryptionKey dek)
    {
        if (_entries.Remove(name, out var old))
        {
            old.Dek.Dispose();
        }

        _entries[name] = new Entry(dek.Copy(), _time.GetUtcNow() + _lifetime);
        _oldestFirst.Enqueue(name);
        while (_oldestFirst.Count > MaxEntries)
        {
            if (_entries.Remove(_oldestFirst.Dequeue(), out var oldest))
            {
                oldest.Dek.Dispose();
            }
        }
    }

    private void Sweep()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            foreach (var (name, entry) in _entries.Where(pair => pair.Value.Until <= now).ToList())
            {
                entry.Dek.Dispose();
                _entries.Remove(name);
            }
        }
    }

    private static string NameOf(ReadOnlySpan<byte> wrappedDek) => Convert.ToHexString(SHA256.HashData(wrappedDek));

    private sealed record Entry(DataEncryptionKey Dek, DateTimeOffset Until);
}
