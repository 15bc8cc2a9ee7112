using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Byok.Client.Writing;

/// <summary>What a protected blob takes over from the blob that it is made of.</summary>
/// <param name="Blob">That blob.</param>
/// <param name="Properties">Its properties, as of the version that is read.</param>
/// <param name="UserMetadata">The metadata that stays on the protected blob beside the envelope's.</param>
internal sealed record SourceTraits(BlobBaseClient Blob, BlobProperties Properties, IEnumerable<KeyValuePair<string, string>> UserMetadata)
{
    /// <summary>Its content headers, but for its hash, which is not that of the ciphertext.</summary>
    public BlobHttpHeaders Headers => new()
    {
        ContentType = Properties.ContentType,
        ContentEncoding = Properties.ContentEncoding,
        ContentLanguage = Properties.ContentLanguage,
        ContentDisposition = Properties.ContentDisposition,
        CacheControl = Properties.CacheControl,
    };

    /// <summary>Its tier, when one was chosen for it.</summary>
    public AccessTier? AccessTier => Properties.AccessTier is { Length: > 0 } tier && !Properties.AccessTierInferred ? new AccessTier(tier) : default(AccessTier?);

    /// <summary>Whether it has tags, which take a request of their own.</summary>
    public bool HasTags => Properties.TagCount > 0;
}
