using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Client.Keys;

/// <summary>
/// Unwrapped DEKs, for a short time and in this process only, so that the activities of one blob ask the vault once at most.
/// The time counts from the unwrapping, not from the last use: it bounds how long data can be read after a revocation.
/// </summary>
public sealed class DekCache : IDisposable
{
    /// <summary>Most DEKs that are kept: a rotation or an audit passes through millions. The oldest makes room.</summary>
    public const int MaxEntries = 10_000;

    private readonly IKeyVault _vault;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = new();
    private readonly ITimer _sweeper;

    /// <summary>Caches for <see cref="ClientOptions.DekCacheTime"/>.</summary>
    public DekCache(IKeyVault vault, ClientOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _vault = vault;
        _lifetime = options.DekCacheTime;
        _time = time;
        _sweeper = time.CreateTimer(_ => Sweep(), null, _lifetime, _lifetime);
    }

    /// <summary>Keeps a DEK that was just made; the cache takes a copy.</summary>
    public void Put(ReadOnlySpan<byte> wrappedDek, DataEncryptionKey dek)
    {
        ArgumentNullException.ThrowIfNull(dek);
        var name = NameOf(wrappedDek);
        lock (_lock)
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
    }

    /// <summary>The DEK, from memory or unwrapped by the vault. The caller disposes of it.</summary>
    /// <exception cref="KeyUnavailableException">The vault does not unwrap with that version now.</exception>
    /// <exception cref="IntegrityException">The wrapped DEK is not of that version.</exception>
    public async Task<DataEncryptionKey> GetAsync(KeyIdentifier keyId, byte[] wrappedDek, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wrappedDek);
        lock (_lock)
        {
            if (_entries.TryGetValue(NameOf(wrappedDek), out var entry) && entry.Until > _time.GetUtcNow())
            {
                return entry.Dek.Copy();
            }
        }

        var dek = await UnwrapAsync(keyId, wrappedDek, cancellationToken).ConfigureAwait(false);
        Put(wrappedDek, dek);
        return dek;
    }

    /// <summary>Asks the vault, whatever the cache holds. The caller disposes of the DEK.</summary>
    public async Task<DataEncryptionKey> UnwrapAsync(KeyIdentifier keyId, byte[] wrappedDek, CancellationToken cancellationToken)
    {
        var bytes = await _vault.UnwrapKeyAsync(keyId, wrappedDek, cancellationToken).ConfigureAwait(false);
        try
        {
            return bytes.Length == EnvelopeFormat.KeySizeInBytes
                ? DataEncryptionKey.FromBytes(bytes)
                : throw new IntegrityException($"The wrapped DEK unwraps under {keyId} to {bytes.Length} bytes instead of {EnvelopeFormat.KeySizeInBytes}.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
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
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sweeper.Dispose();
        Forget();
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
