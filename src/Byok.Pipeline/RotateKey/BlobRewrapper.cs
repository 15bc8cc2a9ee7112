using Azure.Storage.Blobs.Models;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;
using Byok.Pipeline.Reading;
using Byok.Storage;

namespace Byok.Pipeline.RotateKey;

/// <summary>Wraps one blob's DEK under another version. Its data, headers, tags and the user's own metadata stay as they are.</summary>
public sealed class BlobRewrapper(StorageAccount storage, IKeyVault vault, WrappingKeyRing keys, DekCache deks, ProtectedBlobReader reader)
{
    private const int MaxAttempts = 10;

    /// <summary>Reads the version to move to, once for many blobs.</summary>
    /// <exception cref="VaultException">It is not an RSA key.</exception>
    public async Task<RewrapTarget> OpenTargetAsync(KeyIdentifier id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var key = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
        return new RewrapTarget(id, new DekWrapper(key.RequirePublicKey()));
    }

    /// <summary>Rewraps a blob as it was listed. One that was written meanwhile is looked at again; one that was deleted is done.</summary>
    /// <exception cref="TransientByokException">Vault or storage did not answer; the blob is as it was, or done.</exception>
    public async Task<RewrapOutcome> RewrapAsync(ProtectedBlob blob, RewrapTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        ArgumentNullException.ThrowIfNull(target);
        EnvelopeHeader? written = null;
        var needs = RewrapPage.KeyIdOf(blob)?.ToString() ?? string.Empty;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
                needs = header.KeyId.ToString();
                if (header.KeyId == target.Id)
                {
                    // If it is our own header, an answer got lost and the write counts as ours.
                    return new RewrapOutcome(blob.Name, needs, written is not null && header.Mac.Span.SequenceEqual(written.Mac.Span) ? written : null, null);
                }

                if (blob.AccessTier == AccessTier.Archive.ToString())
                {
                    return Left(blob, needs, UnmovableReason.Archived, $"'{blob.Name}' is in the archive tier; rehydrate it, then rotate again.");
                }

                written = await NewHeaderAsync(blob.Name, header, target, cancellationToken).ConfigureAwait(false);
                await WriteAsync(blob, written, cancellationToken).ConfigureAwait(false);
                return new RewrapOutcome(blob.Name, needs, written, null);
            }
            catch (ConcurrentWriteException) when (attempt < MaxAttempts)
            {
                if (await LookAgainAsync(blob.Name, cancellationToken).ConfigureAwait(false) is not { } now)
                {
                    return new RewrapOutcome(blob.Name, needs, null, null);
                }

                blob = now;
            }
            catch (BlobNotFoundException)
            {
                return new RewrapOutcome(blob.Name, needs, null, null);
            }
            catch (ByokException exception) when (Unmovable.ReasonOf(exception) is { } reason)
            {
                return Left(blob, needs, reason, exception.Message);
            }
        }
    }

    private async Task<EnvelopeHeader> NewHeaderAsync(string name, EnvelopeHeader header, RewrapTarget target, CancellationToken cancellationToken)
    {
        var keyId = await keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
        using var dek = await deks.GetAsync(keyId, header.WrappedDek.ToArray(), cancellationToken).ConfigureAwait(false);
        using var blobKeys = dek.DeriveFor(header.BlobId);
        return header.WithWrappedDek(target.Id, target.Wrapper.KeyThumbprint, target.Wrapper.Wrap(dek), blobKeys, name);
    }

    private async Task WriteAsync(ProtectedBlob blob, EnvelopeHeader header, CancellationToken cancellationToken)
    {
        // A metadata write replaces everything, so the user's own goes with it.
        var metadata = header.ToMetadata(blob.Metadata);
        var conditions = new BlobRequestConditions { IfMatch = blob.ETag };
        await StorageFailures.TranslateAsync(
            $"{storage.Protected.Name}/{blob.Name}",
            () => storage.Protected.GetBlobClient(blob.Name).SetMetadataAsync(metadata, conditions, cancellationToken)).ConfigureAwait(false);
    }

    private async Task<ProtectedBlob?> LookAgainAsync(string name, CancellationToken cancellationToken)
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

    private static RewrapOutcome Left(ProtectedBlob blob, string keyId, UnmovableReason reason, string explanation) =>
        new(blob.Name, keyId, null, new UnmovableBlob(blob.Name, reason, explanation));
}

/// <summary>The version that blobs move to, ready to wrap with.</summary>
/// <param name="Id">The version.</param>
/// <param name="Wrapper">Wraps with its public part.</param>
public sealed record RewrapTarget(KeyIdentifier Id, DekWrapper Wrapper) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Wrapper.Dispose();
}

/// <summary>What became of one blob.</summary>
/// <param name="Name">The blob's name.</param>
/// <param name="KeyId">The version it was under; empty when its header does not say.</param>
/// <param name="Header">Its new header when it was moved by us; null otherwise.</param>
/// <param name="Unmovable">Why it could not be moved; null when it is where it belongs, or gone.</param>
public sealed record RewrapOutcome(string Name, string KeyId, EnvelopeHeader? Header, UnmovableBlob? Unmovable);
