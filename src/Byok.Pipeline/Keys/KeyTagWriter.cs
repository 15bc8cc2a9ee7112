using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Pipeline.Keys;

/// <summary>The one place that writes tags. The vault's updates have no precondition and replace all tags, so this reads them fresh, changes only its own, and reads back.</summary>
internal static class KeyTagWriter
{
    /// <summary>Changes some of a version's tags.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="id">The version.</param>
    /// <param name="change">The tags to set, and those to remove (null), from what the version has now; null to leave all as it is.</param>
    /// <param name="attributes">What else changes in the same update.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The version as it was read back; null when nothing was to be changed.</returns>
    /// <exception cref="ServiceUnavailableException">Somebody else wrote the tags at the same moment.</exception>
    public static async Task<VaultKey?> WriteTagsAsync(
        this IKeyVault vault, KeyIdentifier id, Func<VaultKey, IReadOnlyDictionary<string, string?>?> change, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        var version = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
        if (change(version) is not { } changes)
        {
            return null;
        }

        var tags = new Dictionary<string, string>(version.Tags);
        foreach (var (name, value) in changes)
        {
            tags.Remove(name);
            if (value is not null)
            {
                tags[name] = value;
            }
        }

        await vault.UpdateKeyAsync(id, attributes with { Tags = tags }, cancellationToken).ConfigureAwait(false);
        var written = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
        return changes.All(change => written.Tags.GetValueOrDefault(change.Key) == change.Value)
            ? written
            : throw new ServiceUnavailableException($"The tags of {id} were written by somebody else at the same moment.");
    }
}
