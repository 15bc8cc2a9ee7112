using System.Security.Cryptography;
using System.Text;

namespace Byok.Relay.HybridConnections;

/// <summary>
/// Shared access signatures (Microsoft's "Azure Relay authentication and authorization"): HMAC-SHA256, under the key's text in UTF-8, over the
/// URL-encoded resource, a line feed, and the expiry in seconds since 1970.
/// </summary>
public sealed class SasTokenProvider : IRelayTokenProvider, IDisposable
{
    /// <summary>How long a token lives when nothing else is said: 20 minutes.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(20);

    private readonly string _keyName;
    private readonly byte[] _key;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes tokens from an access key of the hybrid connection or its namespace.</summary>
    /// <param name="keyName">The authorization rule's name.</param>
    /// <param name="key">Its key, as the service shows it.</param>
    /// <param name="lifetime">How long a token lives, at least a second; 20 minutes by default.</param>
    /// <exception cref="ArgumentException">A name or key is empty, or the lifetime is shorter than a second.</exception>
    public SasTokenProvider(string keyName, string key, TimeProvider timeProvider, TimeSpan? lifetime = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(keyName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _lifetime = lifetime ?? DefaultLifetime;
        ArgumentOutOfRangeException.ThrowIfLessThan(_lifetime, TimeSpan.FromSeconds(1), nameof(lifetime));
        _keyName = keyName;
        _key = Encoding.UTF8.GetBytes(key);
        _timeProvider = timeProvider;
    }

    public ValueTask<RelayToken> GetTokenAsync(RelayEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var seconds = (_timeProvider.GetUtcNow() + _lifetime).ToUnixTimeSeconds();
        var resource = Uri.EscapeDataString(endpoint.Audience);
        var signature = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{resource}\n{seconds}"));
        var value = $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={seconds}&skn={Uri.EscapeDataString(_keyName)}";
        return ValueTask.FromResult(new RelayToken(value, DateTimeOffset.FromUnixTimeSeconds(seconds)));
    }

    /// <summary>Erases the key.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);
}
