using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Pipeline.Keys;

/// <summary>Marks key versions with orders, and holds what is under way against them.</summary>
internal static class KeyOrders
{
    /// <summary>
    /// Lets a version that a bring has under way pass, or disables it at once when the key was revoked meanwhile: whoever revokes may have listed before the
    /// version was there, and the process may end before the bring's next step.
    /// </summary>
    /// <exception cref="KeyUnavailableException">The key was revoked since the bring began.</exception>
    internal static async Task RequireUnrevokedAsync(this IKeyVault vault, KeyIdentifier id, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeAsync(id.Name, cancellationToken).ConfigureAwait(false);
        var isTaken = life.NewestOrder is { GivesBack: false } order && life.Versions.Any(version => version.Id == id && KeyOrder.Of(version) == order);
        if (!isTaken && KeyLifecycle.Refusal(life.Beside(id).State, KeyOperation.Activate) is null)
        {
            return;
        }

        if (life.Versions.Any(version => version.Id == id && version.Enabled))
        {
            await vault.UpdateKeyAsync(id, new KeyAttributes { Enabled = false }, cancellationToken).ConfigureAwait(false);
        }

        throw new KeyUnavailableException($"The key '{id.Name}' was revoked while it was brought, and the new version {id.Version} with it; restore it first.");
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
