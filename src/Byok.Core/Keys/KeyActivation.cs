using System.Globalization;
using Byok.Core.Errors;
using Byok.Core.Text;

namespace Byok.Core.Keys;

/// <summary>
/// The tag <see cref="KeyTags.Activation"/>: which of a key's versions became active after which. It only grows, so the pins of the version that has the
/// highest are the newest (docs/FORMAT.md, section 9.1).
/// </summary>
public static class KeyActivation
{
    /// <summary>A version's activation; null when it has none.</summary>
    /// <exception cref="KeyUnavailableException">The tag is not in its form.</exception>
    public static long? Of(VaultKey version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return version.Tags.GetValueOrDefault(KeyTags.Activation) is not { } text ? null
            : StrictDecimal.TryParse(text, out var activation) && activation > 0 ? activation
            : throw new KeyUnavailableException($"The tag {KeyTags.Activation} of {version.Id} is not a number from 1; restore the key to write it anew.");
    }

    /// <summary>The tag's value for the version that is put to use next.</summary>
    /// <exception cref="KeyUnavailableException">A version's tag is not in its form, or leaves no higher one.</exception>
    public static string Next(KeyLife life)
    {
        ArgumentNullException.ThrowIfNull(life);
        var highest = life.Versions.Where(WrappingKeyPolicy.IsProved).Select(Of).Max() ?? 0;
        return highest < StrictDecimal.Max
            ? (highest + 1).ToString(CultureInfo.InvariantCulture)
            : throw new KeyUnavailableException($"The tag {KeyTags.Activation} of a version of '{life.Name}' has the highest value that there is; correct it in the vault.");
    }
}
