using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>What an upload's metadata says to the pipeline, and what of it stays on the protected blob.</summary>
public static class UploadMetadata
{
    /// <summary>Names the wrapping key. It is the pipeline's, and does not stay on the protected blob.</summary>
    public const string Key = "byok_key";

    /// <summary>By this the command line finds its own upload again. It does not stay on the protected blob.</summary>
    public const string Mark = "byok_upload";

    /// <summary>The upload's own metadata, without what is meant for the pipeline.</summary>
    /// <exception cref="UnprotectableUploadException">It uses other names that are reserved for the envelope.</exception>
    internal static Dictionary<string, string> OwnOf(StoredBlob upload)
    {
        var own = upload.Metadata
            .Where(pair => !pair.Key.Equals(Key, StringComparison.OrdinalIgnoreCase) && !pair.Key.Equals(Mark, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        var reserved = own.Keys.FirstOrDefault(key => key.StartsWith("byok_", StringComparison.OrdinalIgnoreCase));
        return reserved is null
            ? own
            : throw new UnprotectableUploadException($"The upload '{upload.Name}' has metadata '{reserved}'; names that begin with byok_ are the envelope's own. Remove it and upload again.");
    }

    /// <summary>The service keeps none other; the emulator does, and gives it back as it cannot be written to the protected blob.</summary>
    /// <exception cref="UnprotectableUploadException">Metadata or a content header holds other characters than printable ASCII.</exception>
    internal static void RequireHeadersThatCanBeSent(StoredBlob upload, IEnumerable<string> metadata)
    {
        var content = upload.Content;
        string?[] headers = [.. metadata, content.ContentType, content.ContentEncoding, content.ContentLanguage, content.ContentDisposition, content.CacheControl];
        if (headers.Any(value => value.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            throw new UnprotectableUploadException($"The upload '{upload.Name}' has metadata or a content header with other characters than printable ASCII. Change it and upload again.");
        }
    }
}
