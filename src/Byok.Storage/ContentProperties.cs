using Azure.Storage.Blobs.Models;

namespace Byok.Storage;

/// <summary>A blob's content headers, but for its hash, which is not that of the ciphertext; its tier, when one was chosen for it; and how many tags it has.</summary>
public sealed record ContentProperties(
    string? ContentType, string? ContentEncoding, string? ContentLanguage, string? ContentDisposition, string? CacheControl, string? AccessTier, long TagCount)
{
    internal static ContentProperties From(BlobProperties properties) => new(
        properties.ContentType,
        properties.ContentEncoding,
        properties.ContentLanguage,
        properties.ContentDisposition,
        properties.CacheControl,
        properties.AccessTier is { Length: > 0 } tier && !properties.AccessTierInferred ? tier : null,
        properties.TagCount);

    internal BlobHttpHeaders Headers => new()
    {
        ContentType = ContentType,
        ContentEncoding = ContentEncoding,
        ContentLanguage = ContentLanguage,
        ContentDisposition = ContentDisposition,
        CacheControl = CacheControl,
    };

    internal AccessTier? Tier => AccessTier is { } tier ? new AccessTier(tier) : default(AccessTier?);
}
