using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Pipeline.MoveBlobs;

/// <summary>Seals one blob's DEK anew, under the current branch. Its data, headers, tags and the user's own metadata stay as they are.</summary>
public sealed class BlobRewrapper(StorageAccount storage, BranchKeyRing branches, ProtectedBlobReader reader, BlobRecords records, TimeProvider time)
{
    /// <summary>The branch to move to, once for many blobs. The caller disposes of it.</summary>
    public Task<CurrentBranch> OpenTargetAsync(string keyName, CancellationToken cancellationToken) => branches.GetCurrentAsync(keyName, PinFreshness.Now, cancellationToken);

    /// <summary>
    /// Moves a blob that was just written and opened with fresh pins, when its branch is not the current one any more: a retirement of that branch may have looked past it,
    /// and would unpin it.
    /// </summary>
    /// <returns>Whether it was moved, so that another state of it stands there now.</returns>
    /// <exception cref="ConcurrentWriteException">It cannot be moved now.</exception>
    internal async Task<bool> MoveOnAsync(string operationId, OpenedBlob blob, BlobStanding standing, CancellationToken cancellationToken)
    {
        var keyName = blob.Header.Wrapping.KeyId.Name;
        if (await branches.IsCurrentAsync(keyName, blob.Header.Branch, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        using var target = await OpenTargetAsync(keyName, cancellationToken).ConfigureAwait(false);
        var rewrap = await PrepareAsync(operationId, blob.Stored, standing, target, cancellationToken).ConfigureAwait(false);
        if (rewrap.Intent is { } intent)
        {
            await records.IntendAsync([intent], cancellationToken).ConfigureAwait(false);
            rewrap = await WriteAsync(rewrap, cancellationToken).ConfigureAwait(false);
        }

        return rewrap.Unmovable is null
            ? true
            : throw new ConcurrentWriteException($"'{blob.Stored.Name}' is under a branch that is taken out of use, and could not be moved: {rewrap.Unmovable.Explanation}");
    }

    /// <summary>Makes a blob's new header, as the blob was listed.</summary>
    /// <exception cref="TransientByokException">The vault did not answer.</exception>
    internal async Task<Rewrap> PrepareAsync(string operationId, ProtectedBlob blob, BlobStanding standing, CurrentBranch target, CancellationToken cancellationToken)
    {
        try
        {
            var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
            if (blob.IsArchived)
            {
                return Rewrap.Left(blob, UnmovableReason.Archived, $"'{blob.Name}' is in the archive tier; rehydrate it, then retire the branch again.");
            }

            if (standing == BlobStanding.Unknown)
            {
                throw BlobRecords.Foreign(blob.Name);
            }

            using var dek = await branches.OpenDekAsync(blob.Name, header, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
            var anew = header.SealAnew(dek, target.Key, target.Wrapping, time.GetUtcNow(), blob.Name);
            return new Rewrap(blob, new BlobIntent(operationId, blob.Name, anew, BlobChange.Rewrap, BlobState.Of(header).Mac), null);
        }
        catch (ByokException exception) when (Unmovable.ReasonOf(exception) is { } reason)
        {
            return Rewrap.Left(blob, reason, exception.Message);
        }
    }

    /// <summary>Writes a new header over the state that it was made of.</summary>
    /// <returns>What became of it; <see cref="Rewrap.Intent"/> is null when it could not be written, or the blob was deleted meanwhile.</returns>
    /// <exception cref="TransientByokException">Storage did not answer; the blob is as it was, or done.</exception>
    internal async Task<Rewrap> WriteAsync(Rewrap rewrap, CancellationToken cancellationToken)
    {
        var blob = rewrap.Blob;
        try
        {
            // A metadata write replaces everything, so the user's own goes with it.
            var metadata = rewrap.Intent!.Header.ToMetadata(blob.Metadata);
            await storage.Protected.SetMetadataAsync(blob.Name, blob.ETag, metadata, cancellationToken).ConfigureAwait(false);
            return rewrap;
        }
        catch (BlobNotFoundException)
        {
            return rewrap with { Intent = null };
        }
        catch (ByokException exception) when (Unmovable.ReasonOf(exception) is { } reason)
        {
            return Rewrap.Left(blob, reason, exception.Message);
        }
    }

    /// <summary>Whether a blob's header is its own: its MAC verifies under its DEK.</summary>
    internal async Task<bool> IsIntactAsync(ProtectedBlob blob, CancellationToken cancellationToken)
    {
        try
        {
            var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
            using var dek = await branches.OpenDekAsync(blob.Name, header, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
            using var blobKeys = dek.DeriveFor(header.BlobId);
            header.Verify(blobKeys, storage.Protected.Name, blob.Name);
            return true;
        }
        catch (Exception exception) when (exception is EnvelopeException or KeyUnavailableException)
        {
            return false;
        }
    }

    /// <summary>The blob as it is now; null when it was deleted.</summary>
    internal async Task<ProtectedBlob?> LookAgainAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.DescribeAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }
}

/// <summary>One blob on its way to another branch.</summary>
internal sealed record Rewrap(ProtectedBlob Blob, BlobIntent? Intent, UnmovableBlob? Unmovable)
{
    public static Rewrap Left(ProtectedBlob blob, UnmovableReason reason, string explanation) => new(blob, null, new UnmovableBlob(blob.Name, reason, explanation));
}
