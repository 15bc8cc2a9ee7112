using Azure;
using Azure.Storage.Blobs.Models;

namespace Byok.Storage;

/// <summary>A stored blob as the service describes it, before anything of it is believed.</summary>
/// <param name="Name">Its name in the container.</param>
/// <param name="ETag">Its version.</param>
/// <param name="Length">Stored bytes.</param>
/// <param name="Metadata">All its metadata, the envelope's and the user's own.</param>
/// <param name="LastModified">When it was last written.</param>
/// <param name="AccessTier">Its access tier, as the service says; null when it does not.</param>
public sealed record ProtectedBlob(
    string Name, ETag ETag, long Length, IReadOnlyDictionary<string, string> Metadata, DateTimeOffset LastModified, string? AccessTier)
{
    /// <summary>From the answer to Get Blob Properties.</summary>
    public static ProtectedBlob From(string name, BlobProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        return new ProtectedBlob(
            name, properties.ETag, properties.ContentLength, new Dictionary<string, string>(properties.Metadata), properties.LastModified, properties.AccessTier);
    }

    /// <summary>From a listing that includes metadata.</summary>
    public static ProtectedBlob From(BlobItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new ProtectedBlob(
            item.Name,
            item.Properties.ETag ?? default,
            item.Properties.ContentLength ?? 0,
            item.Metadata is null ? new Dictionary<string, string>() : new Dictionary<string, string>(item.Metadata),
            item.Properties.LastModified ?? default,
            item.Properties.AccessTier?.ToString());
    }
}
