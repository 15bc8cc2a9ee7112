using System.Globalization;
using Byok.Core.Branches;
using Byok.Core.Keys;

namespace Byok.Pipeline.Branches;

/// <summary>
/// Since when a key's current branch is the current one, by the tag <see cref="KeyTags.BranchSince"/>. It stands beside the pins, because nothing authenticates a
/// record, and the ledger would have to be read whole.
/// </summary>
public static class BranchAge
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The tag's value.</summary>
    public static string Format(DateTimeOffset since) => since.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>What the key's tags say; null when they say nothing.</summary>
    public static DateTimeOffset? SinceOf(KeyLife life) =>
        BranchPins.VersionsThatCount(life) is [var version, ..]
        && DateTimeOffset.TryParseExact(version.Tags.GetValueOrDefault(KeyTags.BranchSince), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since)
            ? since : null;

    /// <summary>Whether a new current branch is due. A branch of unknown age is.</summary>
    public static bool IsDue(KeyLife life, PipelineOptions options, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(options);
        return SinceOf(life) is not { } since || now - since > options.MaxBranchAge;
    }
}
