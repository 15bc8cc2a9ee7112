using System.Globalization;
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
    /// <summary>Whether it can be read only after it was rehydrated.</summary>
    public bool IsArchived => AccessTier == Azure.Storage.Blobs.Models.AccessTier.Archive.ToString();

    /// <summary>From the answer to Get Blob Properties.</summary>
    public static ProtectedBlob From(string name, BlobProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        return new ProtectedBlob(
            name, properties.ETag, properties.ContentLength, new Dictionary<string, string>(properties.Metadata), properties.LastModified, properties.AccessTier);
    }

    /// <summary>From the answer to a Get Blob of a range, which does not tell the tier.</summary>
    public static ProtectedBlob From(string name, BlobDownloadDetails details)
    {
        ArgumentNullException.ThrowIfNull(details);
        return new ProtectedBlob(name, details.ETag, TotalLength(details), new Dictionary<string, string>(details.Metadata), details.LastModified, AccessTier: null);
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

    /// <summary>The blob's length: of an answer with a range the last part of <c>bytes 0-99/1234</c>.</summary>
    private static long TotalLength(BlobDownloadDetails details) => details.ContentRange is { Length: > 0 } range
        ? long.Parse(range.AsSpan(range.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture)
        : details.ContentLength;
}
