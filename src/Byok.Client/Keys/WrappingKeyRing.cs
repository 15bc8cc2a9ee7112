using System.Collections.Concurrent;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Client.Keys;

/// <summary>
/// Knows which wrapping key version protects new blobs, and which version a stored blob's wrapped DEK belongs to.
/// Public parts are cached for <see cref="ClientOptions.KeyCacheTime"/>, so that writing asks the vault nothing.
/// </summary>
public sealed class WrappingKeyRing(IKeyVault vault, ClientOptions options, TimeProvider time)
{
    /// <summary>Most identifiers whose version is remembered: headers may name any number of them for one thumbprint.</summary>
    private const int MaxResolved = 1_000;

    private readonly ConcurrentDictionary<string, Cached> _current = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Cached> _byThumbprint = new(StringComparer.Ordinal);

    /// <summary>The name of the key that protects an upload: named in its metadata, else by the longest prefix, else the default.</summary>
    /// <param name="blobName">The blob's name.</param>
    /// <param name="namedKey">The upload's <c>byok_key</c> metadata; null when it has none.</param>
    /// <exception cref="KeyUnavailableException">No rule names a key: none has been brought, or no default is configured.</exception>
    /// <exception cref="ConfigurationException">What is named cannot be a key's name.</exception>
    public string SelectKeyName(string blobName, string? namedKey)
    {
        ArgumentNullException.ThrowIfNull(blobName);
        var name = namedKey
            ?? options.KeyPrefixes
                .Where(prefix => blobName.StartsWith(prefix.Key, StringComparison.Ordinal))
                .OrderByDescending(prefix => prefix.Key.Length)
                .Select(prefix => prefix.Value)
                .FirstOrDefault()
            ?? (options.FindDefaultKey is { } find ? find() : options.DefaultKey)
            ?? throw new KeyUnavailableException($"No wrapping key is named for '{blobName}' and there is no default key; bring a key first, or name one.");
        return KeyName.IsValid(name)
            ? name
            : throw new ConfigurationException($"'{name}' is named to protect '{blobName}', but it is not a key name.");
    }

    /// <summary>The newest verified, enabled version of a key: the one that protects new blobs.</summary>
    /// <exception cref="KeyUnavailableException">The key has no such version.</exception>
    public async Task<VaultKey> GetCurrentAsync(string keyName, CancellationToken cancellationToken)
    {
        if (_current.TryGetValue(keyName, out var cached) && cached.Until > time.GetUtcNow())
        {
            return cached.Key;
        }

        var life = await vault.ReadLifeAsync(keyName, cancellationToken).ConfigureAwait(false);
        life.Require(KeyOperation.Protect);
        var newest = life.Current
            ?? throw new KeyUnavailableException($"The wrapping key '{keyName}' has no enabled, verified version in {vault.VaultUri.Host}; restore it first.");
        var key = await vault.GetKeyAsync(keyName, newest.Id.Version, cancellationToken).ConfigureAwait(false);
        _current[keyName] = new Cached(key, time.GetUtcNow() + options.KeyCacheTime);
        return key;
    }

    /// <summary>
    /// The version that unwraps a stored DEK: the one named, or, when that is gone (purged and brought again), any version of the
    /// same key name or any other key in this vault with the same thumbprint.
    /// </summary>
    /// <exception cref="KeyUnavailableException">The vault has no such key now.</exception>
    /// <exception cref="IntegrityException">The named version exists but has another thumbprint.</exception>
    public async Task<KeyIdentifier> ResolveAsync(KeyIdentifier id, string thumbprint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var cacheKey = $"{id} {thumbprint}";
        if (_byThumbprint.TryGetValue(cacheKey, out var cached) && cached.Until > time.GetUtcNow())
        {
            return cached.Key.Id;
        }

        var key = await FindNamedAsync(id, cancellationToken).ConfigureAwait(false);
        if (key is not null && key.PublicKey?.Thumbprint != thumbprint)
        {
            throw new IntegrityException($"The header names {id} with a thumbprint that is not this key's: the header was altered.");
        }

        key ??= await FindByThumbprintAsync(id, thumbprint, cancellationToken).ConfigureAwait(false)
            ?? throw new KeyUnavailableException(
                $"The wrapping key {id} is not in {vault.VaultUri.Host}, nor is another version with its thumbprint; restore it (recover it, or bring it again from the HSM).");
        if (_byThumbprint.Count >= MaxResolved)
        {
            _byThumbprint.Clear();
        }

        _byThumbprint[cacheKey] = new Cached(key, time.GetUtcNow() + options.KeyCacheTime);
        return key.Id;
    }

    /// <summary>Forgets what is cached, so that the next call sees the vault as it is now.</summary>
    public void Forget()
    {
        _current.Clear();
        _byThumbprint.Clear();
    }

    private async Task<VaultKey?> FindNamedAsync(KeyIdentifier id, CancellationToken cancellationToken)
    {
        if (id.Vault != vault.VaultUri)
        {
            return null;
        }

        try
        {
            return await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            return null;
        }
    }

    private async Task<VaultKey?> FindByThumbprintAsync(KeyIdentifier id, string thumbprint, CancellationToken cancellationToken)
    {
        var names = new List<string> { id.Name };
        await foreach (var key in vault.ListKeysAsync(cancellationToken).ConfigureAwait(false))
        {
            if (key.Id.Name != id.Name && WrappingKeyPolicy.IsWrappingKey(key))
            {
                names.Add(key.Id.Name);
            }
        }

        VaultKey? disabled = null;
        foreach (var name in names)
        {
            await foreach (var version in vault.ListKeyVersionsAsync(name, cancellationToken).ConfigureAwait(false))
            {
                var key = version.PublicKey is null ? await vault.GetKeyAsync(name, version.Id.Version, cancellationToken).ConfigureAwait(false) : version;
                if (key.PublicKey?.Thumbprint == thumbprint)
                {
                    if (key.Enabled)
                    {
                        return key;
                    }

                    disabled = key;
                }
            }
        }

        return disabled;
    }

    private sealed record Cached(VaultKey Key, DateTimeOffset Until);
}
