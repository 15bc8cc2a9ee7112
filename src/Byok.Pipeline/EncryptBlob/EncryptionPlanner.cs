using Azure;
using Azure.Storage.Blobs.Models;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Decides how an upload is encrypted: key, DEK, segments, and where its BEK table goes.</summary>
public sealed class EncryptionPlanner(StorageAccount storage, WrappingKeyRing keys, DekCache deks)
{
    /// <summary>Upload metadata that names the wrapping key. It is the pipeline's, and does not stay on the protected blob.</summary>
    public const string KeyMetadata = "byok_key";

    /// <summary>Upload metadata by which the command line finds its own upload again. It does not stay on the protected blob.</summary>
    public const string UploadMetadata = "byok_upload";

    /// <summary>Most blocks of a blob (Azure Storage, "Scalability and performance targets for Blob storage").</summary>
    private const int MaxBlocks = 50_000;

    /// <summary>Plans an upload. The DEK that is drawn here is kept in memory for the segments that run in this process.</summary>
    /// <param name="input">The operation and its upload.</param>
    /// <param name="cancellationToken">Cancels the planning.</param>
    /// <exception cref="SourceChangedException">The upload is gone or was overwritten.</exception>
    /// <exception cref="BlobAlreadyExistsException">A protected blob of that name exists and may not be replaced.</exception>
    /// <exception cref="KeyUnavailableException">The wrapping key has no usable version.</exception>
    /// <exception cref="MetadataBudgetExceededException">The upload's own metadata leaves no room for the envelope.</exception>
    public async Task<EncryptionPlan> PlanAsync(BeginInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var name = input.Upload.BlobName;
        var source = await ReadSourceAsync(storage, name, input.Upload.ETag, cancellationToken).ConfigureAwait(false);
        if (source.ContentLength > EncryptionPlan.MaxPlaintextLength)
        {
            throw new ConflictException($"'{name}' has {source.ContentLength} bytes; at most {EncryptionPlan.MaxPlaintextLength} can be protected as one blob.");
        }

        var target = await FindTargetAsync(name, cancellationToken).ConfigureAwait(false);
        if (target is not null && !input.Upload.Overwrite)
        {
            throw new BlobAlreadyExistsException($"A protected blob '{name}' is already there; choose another name, or say that it may be overwritten.");
        }

        var userMetadata = UserMetadata(name, source.Metadata);
        source.Metadata.TryGetValue(KeyMetadata, out var namedKey);
        var key = await keys.GetCurrentAsync(keys.SelectKeyName(name, namedKey), cancellationToken).ConfigureAwait(false);
        var publicKey = key.PublicKey ?? throw new ConfigurationException($"The key {key.Id} is not an RSA key and cannot wrap.");

        var chunks = ChunkCount(source.ContentLength);
        var chunksPerSegment = (int)Math.Max(EncryptionPlan.MinChunksPerSegment, DivideUp(chunks, EncryptionPlan.MaxSegments));
        var segments = (int)DivideUp(chunks, chunksPerSegment);
        var layout = new BlobLayout(source.ContentLength, EncryptionPlan.ChunkSizeInBytes, chunksPerSegment);

        using var dek = DataEncryptionKey.Generate();
        var wrapped = dek.WrapWith(publicKey);
        deks.Put(wrapped, dek);
        return new EncryptionPlan
        {
            OperationId = input.OperationId,
            BlobName = name,
            SourceETag = input.Upload.ETag,
            TargetETag = target?.ETag.ToString(),
            PlaintextLength = source.ContentLength,
            ChunksPerSegment = chunksPerSegment,
            ChunksPerBlock = (int)Math.Max(1, DivideUp(chunks, MaxBlocks - (2 * EncryptionPlan.MaxSegments))),
            Segments = segments,
            TableInTail = MetadataBudget.Place(layout, userMetadata) == TablePlacement.Tail,
            BlobId = input.BlobId,
            Generation = NextGeneration(target),
            KeyId = key.Id,
            KeyThumbprint = publicKey.Thumbprint,
            WrappedDek = wrapped,
        };
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

    /// <summary>The upload's own metadata, without what is meant for the pipeline.</summary>
    /// <exception cref="ConflictException">It uses other names that are reserved for the envelope.</exception>
    internal static Dictionary<string, string> UserMetadata(string name, IDictionary<string, string> metadata)
    {
        var user = metadata
            .Where(pair => !pair.Key.Equals(KeyMetadata, StringComparison.OrdinalIgnoreCase) && !pair.Key.Equals(UploadMetadata, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        var reserved = user.Keys.FirstOrDefault(key => key.StartsWith("byok_", StringComparison.OrdinalIgnoreCase));
        return reserved is null
            ? user
            : throw new ConflictException($"The upload '{name}' has metadata '{reserved}'; names that begin with byok_ are the envelope's own. Remove it and upload again.");
    }

    private async Task<ProtectedBlob?> FindTargetAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await StorageFailures.TranslateAsync(
                $"{storage.Protected.Name}/{name}",
                async () => ProtectedBlob.From(name, await storage.Protected.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)))
                .ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }

    private static long NextGeneration(ProtectedBlob? target)
    {
        if (target is null)
        {
            return 1;
        }

        try
        {
            return EnvelopeHeader.Parse(target.Metadata, target.Name).Generation + 1;
        }
        catch (EnvelopeException)
        {
            return 1; // What stood there was no envelope.
        }
    }

    private static long ChunkCount(long length) => DivideUp(length, EncryptionPlan.ChunkSizeInBytes);

    private static long DivideUp(long dividend, long divisor) => (dividend + divisor - 1) / divisor;
}
