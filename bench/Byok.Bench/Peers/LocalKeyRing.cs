using System.Collections.Concurrent;
using Azure.Core.Cryptography;

namespace Byok.Bench.Peers;

/// <summary>The peer's wrapping keys, old and new, by their ids.</summary>
internal sealed class LocalKeyRing(int sizeInBits) : IKeyEncryptionKeyResolver, IDisposable
{
    private readonly ConcurrentDictionary<string, LocalKey> _keys = new(StringComparer.Ordinal);

    /// <summary>The newest key.</summary>
    public LocalKey Current { get; private set; } = null!;

    /// <summary>Makes a new key; the old ones go on unwrapping.</summary>
    public LocalKey Add()
    {
        Current = new LocalKey(sizeInBits, $"{_keys.Count + 1}");
        _keys[Current.KeyId] = Current;
        return Current;
    }

    public IKeyEncryptionKey Resolve(string keyId, CancellationToken cancellationToken = default) => _keys[keyId];

    public Task<IKeyEncryptionKey> ResolveAsync(string keyId, CancellationToken cancellationToken = default) => Task.FromResult<IKeyEncryptionKey>(_keys[keyId]);

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }
}
