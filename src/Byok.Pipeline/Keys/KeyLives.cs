using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Pipeline.Keys;

/// <summary>Reads where a key stands, and marks its versions with orders.</summary>
public static class KeyLives
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

    /// <summary>Writes an order onto a version that was read a moment ago, with what else changes; its other tags stay.</summary>
    /// <returns>False when a newer order stands there: then nothing is written.</returns>
    internal static async Task<bool> OrderAsync(
        this IKeyVault vault, VaultKey version, KeyOrder order, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        if (KeyOrder.Of(version)?.On > order.On)
        {
            return false;
        }

        var tags = new Dictionary<string, string>(version.Tags) { [KeyTags.Order] = order.ToString() };
        await vault.UpdateKeyAsync(version.Id, attributes with { Tags = tags }, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
