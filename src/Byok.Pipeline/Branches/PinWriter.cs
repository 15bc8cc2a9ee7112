using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.Branches;

/// <summary>Changes the pins of a key that is in use. The caller holds the key's claim.</summary>
public sealed class PinWriter(IKeyVault vault)
{
    /// <summary>Writes pins onto the version that counts, or onto one that will.</summary>
    /// <param name="life">The key as it was read a moment ago.</param>
    /// <param name="pins">The pins.</param>
    /// <param name="since">Since when the current branch is current; null when that does not change.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KeyUnavailableException">No version is in use that could carry them.</exception>
    public async Task WriteAsync(KeyLife life, BranchPins pins, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(life);
        ArgumentNullException.ThrowIfNull(pins);
        var counting = VersionsThatCount(life);
        var version = counting is [var only] ? only : life.Versions.Where(WrappingKeyPolicy.IsInUse).OrderBy(candidate => candidate.Enabled).ThenBy(candidate => candidate.CreatedOn).LastOrDefault()
            ?? throw new KeyUnavailableException($"The key '{life.Name}' has no version in use that could carry its pins; bring or restore it first.");
        await vault.WriteTagsAsync(
            version.Id,
            _ =>
            {
                var tags = TagsOf(pins);
                if (counting.Count != 1)
                {
                    tags[KeyTags.Activation] = KeyActivation.Next(life);
                }

                if (since is { } time)
                {
                    tags[KeyTags.BranchSince] = BranchAge.Format(time);
                }

                return tags;
            },
            new KeyAttributes(),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The tags that pins are; null for those that are not to be there.</summary>
    public static Dictionary<string, string?> TagsOf(BranchPins pins)
    {
        ArgumentNullException.ThrowIfNull(pins);
        var written = pins.WriteTo(new Dictionary<string, string>());
        return new[] { KeyTags.Branch, KeyTags.Branches, KeyTags.MoreBranches }.ToDictionary(tag => tag, tag => written.GetValueOrDefault(tag));
    }

    private static IReadOnlyList<VaultKey> VersionsThatCount(KeyLife life)
    {
        try
        {
            return BranchPins.VersionsThatCount(life);
        }
        catch (KeyUnavailableException)
        {
            return []; // a restore writes them anew
        }
    }
}
