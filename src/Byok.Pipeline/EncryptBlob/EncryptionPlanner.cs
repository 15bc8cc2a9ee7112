using Azure;
using Azure.Storage.Blobs.Models;
using Byok.Client.Keys;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Decides how an upload is encrypted: key, DEK, segments, and where its BEK table goes.</summary>
public sealed class EncryptionPlanner(StorageAccount storage, WrappingKeyRing keys, ProtectedBlobReader reader, ProtectedBlobWriter writer)
{
    /// <summary>Upload metadata that names the wrapping key. It is the pipeline's, and does not stay on the protected blob.</summary>
    public const string KeyMetadata = "byok_key";

    /// <summary>Upload metadata by which the command line finds its own upload again. It does not stay on the protected blob.</summary>
    public const string UploadMetadata = "byok_upload";

    /// <summary>The upload's properties.</summary>
    /// <exception cref="SourceChangedException">The upload is gone or was overwritten.</exception>
    /// <exception cref="UnprotectableUploadException">It is longer than one protected blob can be, or no URL can say its name.</exception>
    public async Task<BlobProperties> ReadSourceAsync(EncryptBlobInput upload, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(upload);
        if (!BlobName.IsStorable(upload.BlobName, out var fault))
        {
            // Asked for, it would seem to be gone, or another blob would answer.
            throw new UnprotectableUploadException($"The upload '{upload.BlobName}' cannot be protected under that name: it {fault}. Upload it under another.");
        }

        var source = await ReadSourceAsync(storage, upload.BlobName, upload.ETag, cancellationToken).ConfigureAwait(false);
        return source.ContentLength <= EnvelopePlan.MaxPlaintextLength
            ? source
            : throw new UnprotectableUploadException($"'{upload.BlobName}' has {source.ContentLength} bytes; at most {EnvelopePlan.MaxPlaintextLength} can be protected as one blob.");
    }

    /// <summary>The protected blob that the upload replaces; null when there is none.</summary>
    /// <exception cref="BlobAlreadyExistsException">There is one, and it may not be replaced.</exception>
    public async Task<ProtectedBlob?> FindTargetAsync(EncryptBlobInput upload, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(upload);
        try
        {
            var target = await reader.DescribeAsync(upload.BlobName, cancellationToken).ConfigureAwait(false);
            return upload.Overwrite
                ? target
                : throw new BlobAlreadyExistsException(
                    $"A protected blob '{upload.BlobName}' is already there; choose another name, or say that it may be overwritten.");
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Plans an upload.</summary>
    /// <param name="input">The operation and its upload.</param>
    /// <param name="source">The upload's properties.</param>
    /// <param name="target">The protected blob that it replaces; null when there must be none.</param>
    /// <param name="cancellationToken">Cancels the planning.</param>
    /// <exception cref="KeyUnavailableException">The wrapping key has no usable version.</exception>
    /// <exception cref="UnprotectableUploadException">The upload's metadata or headers cannot stand on a protected blob.</exception>
    /// <exception cref="MetadataBudgetExceededException">The upload's own metadata leaves no room for the envelope.</exception>
    public async Task<EncryptionPlan> PlanAsync(BeginInput input, BlobProperties source, ProtectedBlob? target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(source);
        var name = input.Upload.BlobName;
        var userMetadata = UserMetadata(name, source.Metadata);
        RequireHeadersThatCanBeSent(name, [.. userMetadata.Values, source.ContentType, source.ContentEncoding, source.ContentLanguage, source.ContentDisposition, source.CacheControl]);
        source.Metadata.TryGetValue(KeyMetadata, out var namedKey);
        var key = await keys.GetCurrentAsync(keys.SelectKeyName(name, namedKey), cancellationToken).ConfigureAwait(false);
        var layout = EnvelopePlan.LayOut(source.ContentLength, EnvelopePlan.StandardChunkSizeInBytes);
        var generation = await NextGenerationAsync(target, cancellationToken).ConfigureAwait(false);
        var write = new WriteTarget(input.OperationId, name, target?.ETag.ToString(), input.BlobId, generation, BlobChange.Encrypt, MacOf(target));
        return new EncryptionPlan(input.Upload.ETag, writer.Plan(write, layout, userMetadata, key));
    }

    /// <summary>The upload's properties, if it still has that ETag.</summary>
    /// <exception cref="SourceChangedException">It is gone or was overwritten.</exception>
    internal static async Task<BlobProperties> ReadSourceAsync(StorageAccount storage, string name, string etag, CancellationToken cancellationToken)
    {
        try
        {
            var conditions = new BlobRequestConditions { IfMatch = new ETag(etag) };
            return await StorageFailures.TranslateAsync(
                $"{storage.Uploads.Name}/{name}",
                async () => (await storage.Uploads.GetBlobClient(name).GetPropertiesAsync(conditions, cancellationToken).ConfigureAwait(false)).Value).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BlobNotFoundException or ConcurrentWriteException)
        {
            throw new SourceChangedException($"The upload '{name}' was overwritten or deleted before it was encrypted; a newer upload is an operation of its own.", exception);
        }
    }

    /// <summary>What the protected blob takes over from its upload.</summary>
    internal static SourceTraits TraitsOf(StorageAccount storage, string name, BlobProperties properties) =>
        new(storage.Uploads.GetBlobClient(name), properties, UserMetadata(name, properties.Metadata));

    /// <summary>The upload's own metadata, without what is meant for the pipeline.</summary>
    /// <exception cref="UnprotectableUploadException">It uses other names that are reserved for the envelope.</exception>
    private static Dictionary<string, string> UserMetadata(string name, IDictionary<string, string> metadata)
    {
        var user = metadata
            .Where(pair => !pair.Key.Equals(KeyMetadata, StringComparison.OrdinalIgnoreCase) && !pair.Key.Equals(UploadMetadata, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        var reserved = user.Keys.FirstOrDefault(key => key.StartsWith("byok_", StringComparison.OrdinalIgnoreCase));
        return reserved is null
            ? user
            : throw new UnprotectableUploadException($"The upload '{name}' has metadata '{reserved}'; names that begin with byok_ are the envelope's own. Remove it and upload again.");
    }

    /// <summary>The service keeps none other; the emulator does, and gives it back as it cannot be written to the protected blob.</summary>
    /// <exception cref="UnprotectableUploadException">A value holds other characters than printable ASCII.</exception>
    private static void RequireHeadersThatCanBeSent(string name, IEnumerable<string?> values)
    {
        if (values.FirstOrDefault(value => value.AsSpan().ContainsAnyExceptInRange(' ', '~')) is not null)
        {
            throw new UnprotectableUploadException($"The upload '{name}' has metadata or a content header with other characters than printable ASCII. Change it and upload again.");
        }
    }

    /// <summary>MAC of what is replaced, whosoever it is: the user wants it replaced. Null when it is no envelope.</summary>
    private static string? MacOf(ProtectedBlob? target)
    {
        try
        {
            return target is null ? null : BlobState.Of(EnvelopeHeader.Parse(target.Metadata, target.Name)).Mac;
        }
        catch (EnvelopeException)
        {
            return null;
        }
    }

    private async Task<long> NextGenerationAsync(ProtectedBlob? target, CancellationToken cancellationToken)
    {
        if (target is null)
        {
            return 1;
        }

        try
        {
            var replaced = await reader.OpenAsync(target, DekSource.Cache, cancellationToken).ConfigureAwait(false);
            await using (replaced.ConfigureAwait(false))
            {
                // No blob is written so often that it comes near the limit: somebody chose that number, and what takes its place could soon not be rewrapped.
                return replaced.Header.Generation <= EnvelopeFormat.MaxGeneration / 2 ? replaced.Header.NextGeneration(target.Name) : 1;
            }
        }
        catch (Exception exception) when (exception is EnvelopeException or KeyUnavailableException)
        {
            // What stood there is no envelope, or cannot be believed: nothing of it goes into the new one. The ledger tells
            // the two apart by their blob ids.
            return 1;
        }
    }
}
