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

    /// <summary>The vault that is read.</summary>
    public IKeyVault Vault => vault;

    /// <summary>A key as it was read within the key cache time.</summary>
    /// <param name="keyName">The key's name.</param>
    /// <param name="freshness">The reading must not have begun longer ago than this; null for the key cache time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<KeyLife> GetAsync(string keyName, TimeSpan? freshness, CancellationToken cancellationToken)
    {
        Reading reading;
        lock (_lock)
        {
            if (!_readings.TryGetValue(keyName, out reading!) || reading.Task.IsFaulted || reading.Task.IsCanceled || !reading.Began.IsWithin(freshness ?? options.KeyCacheTime))
            {
                var began = Moment.Now(time);
                _readings[keyName] = reading = new Reading(began, Task.Run(() => ReadAsync(keyName), CancellationToken.None));
            }
        }

        return await reading.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets what was read, so that the next caller sees the vault as it is.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _readings.Clear();
        }
    }

    private async Task<KeyLife> ReadAsync(string keyName)
    {
        var life = await vault.ReadLifeAsync(keyName, CancellationToken.None).ConfigureAwait(false);
        var versions = new List<VaultKey>(life.Versions.Count);
        foreach (var version in life.Versions)
        {
            versions.Add(version.PublicKey is null && KeyLife.IsInUse(version)
                ? await vault.GetKeyAsync(keyName, version.Id.Version, CancellationToken.None).ConfigureAwait(false)
                : version);
        }

        return life with { Versions = versions };
    }

    private sealed record Reading(Moment Began, Task<KeyLife> Task);
}
