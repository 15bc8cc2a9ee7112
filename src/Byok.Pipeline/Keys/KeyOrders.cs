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

    /// <summary>Writes an order onto a version, with what else changes, unless a newer order stands there; its other tags stay.</summary>
    internal static Task OrderAsync(this IKeyVault vault, KeyIdentifier id, KeyOrder order, KeyAttributes attributes, CancellationToken cancellationToken) =>
        vault.WriteTagsAsync(
            id,
            version => KeyOrder.Of(version)?.On > order.On ? null : new Dictionary<string, string?> { [KeyTags.Order] = order.ToString() },
            attributes,
            cancellationToken);
}
