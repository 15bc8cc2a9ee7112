using Byok.Core.Keys;

namespace Byok.Core.Ports;

/// <summary>What any vault can tell by the methods that all have.</summary>
public static class KeyVaultExtensions
{
    /// <summary>What the vault has under a name now.</summary>
    public static async Task<KeyLife> ReadLifeAsync(this IKeyVault vault, string keyName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(vault);
        var versions = await vault.ListKeyVersionsAsync(keyName, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        var deleted = versions.Count > 0
            ? null
            : await vault.ListDeletedKeysAsync(cancellationToken).FirstOrDefaultAsync(key => key.Key.Id.Name == keyName, cancellationToken).ConfigureAwait(false);
        return new KeyLife(keyName, versions, deleted);
    }

    /// <summary>The same with the public parts of the versions in use, which listings may leave out.</summary>
    public static async Task<KeyLife> ReadLifeWithPublicKeysAsync(this IKeyVault vault, string keyName, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeAsync(keyName, cancellationToken).ConfigureAwait(false);
        var versions = new List<VaultKey>(life.Versions.Count);
        foreach (var version in life.Versions)
        {
            versions.Add(version.PublicKey is null && WrappingKeyPolicy.IsInUse(version)
                ? await vault.GetKeyAsync(keyName, version.Id.Version, cancellationToken).ConfigureAwait(false)
                : version);
        }

        return life with { Versions = versions };
    }
}
