using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Decides how an upload is encrypted: key and branch, DEK, segments, and where its BEK table goes.</summary>
public sealed class EncryptionPlanner(KeySelection selection, BranchKeyRing branches, ProtectedBlobReader reader)
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
        using var branch = await branches.GetCurrentAsync(selection.Select(name, namedKey), PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
        var layout = EnvelopePlan.LayOut(source.Length, EnvelopePlan.StandardChunkSizeInBytes);
        var replacedOn = await FindWrittenOnAsync(target, cancellationToken).ConfigureAwait(false);
        var write = new WriteTarget(input.OperationId, name, target?.ETag.ToString(), input.BlobId, replacedOn, BlobChange.Encrypt, MacOf(target));
        return new EncryptionPlan(input.Upload.ETag, ProtectedBlobWriter.Plan(write, layout, userMetadata, branch));
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

    /// <summary>When the envelope that is replaced was written; null when there is none that verifies: nothing of it goes into the new one.</summary>
    private async Task<DateTimeOffset?> FindWrittenOnAsync(ProtectedBlob? target, CancellationToken cancellationToken)
    {
        if (target is null)
        {
            return null;
        }

        try
        {
            var replaced = await reader.OpenAsync(target, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
            await using (replaced.ConfigureAwait(false))
            {
                return replaced.Header.WrittenOn;
            }
        }
        catch (Exception exception) when (exception is EnvelopeException or KeyUnavailableException)
        {
            return null;
        }
    }
}
