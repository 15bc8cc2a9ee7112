using Byok.Client.Keys;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Decides how an upload is encrypted: key, DEK, segments, and where its BEK table goes.</summary>
public sealed class EncryptionPlanner(WrappingKeyRing keys, ProtectedBlobReader reader, ProtectedBlobWriter writer)
{
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
    /// <param name="source">The upload.</param>
    /// <param name="target">The protected blob that it replaces; null when there must be none.</param>
    /// <exception cref="KeyUnavailableException">The wrapping key has no usable version.</exception>
    /// <exception cref="UnprotectableUploadException">The upload's metadata or headers cannot stand on a protected blob.</exception>
    /// <exception cref="MetadataBudgetExceededException">The upload's own metadata leaves no room for the envelope.</exception>
    public async Task<EncryptionPlan> PlanAsync(BeginEncryptionInput input, StoredBlob source, ProtectedBlob? target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(source);
        var name = input.Upload.BlobName;
        var userMetadata = UploadMetadata.OwnOf(source);
        UploadMetadata.RequireHeadersThatCanBeSent(source, userMetadata.Values);
        source.Metadata.TryGetValue(UploadMetadata.Key, out var namedKey);
        var key = await keys.GetCurrentAsync(keys.SelectKeyName(name, namedKey), cancellationToken).ConfigureAwait(false);
        var layout = EnvelopePlan.LayOut(source.Length, EnvelopePlan.StandardChunkSizeInBytes);
        var generation = await NextGenerationAsync(target, cancellationToken).ConfigureAwait(false);
        var write = new WriteTarget(input.OperationId, name, target?.ETag.ToString(), input.BlobId, generation, BlobChange.Encrypt, MacOf(target));
        return new EncryptionPlan(input.Upload.ETag, writer.Plan(write, layout, userMetadata, key));
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
