using Azure.Storage.Blobs.Models;

namespace Byok.Storage;

/// <summary>A blob with all that may go on to the blob that is made of it.</summary>
/// <param name="Name">Its name in the container.</param>
/// <param name="ETag">Its version.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Metadata">Its metadata; names are looked up without regard to case, which HTTP headers do not have.</param>
/// <param name="Content">Its content headers, tier and number of tags.</param>
public sealed record StoredBlob(string Name, string ETag, long Length, IReadOnlyDictionary<string, string> Metadata, ContentProperties Content)
{
    internal static StoredBlob From(string name, BlobProperties properties) =>
        new(name, properties.ETag.ToString(), properties.ContentLength, new Dictionary<string, string>(properties.Metadata, StringComparer.OrdinalIgnoreCase), ContentProperties.From(properties));
}
