using Byok.Client.Keys;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.RotateKey;

/// <summary>Wraps one blob's DEK under another version. Its data, headers, tags and the user's own metadata stay as they are.</summary>
public sealed class BlobRewrapper(StorageAccount storage, IKeyVault vault, WrappingKeyRing keys, DekCache deks, ProtectedBlobReader reader)
{
    /// <summary>Reads the version to move to, once for many blobs.</summary>
    /// <exception cref="VaultException">It is not an RSA key.</exception>
    public async Task<RewrapTarget> OpenTargetAsync(KeyIdentifier id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var key = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
        return new RewrapTarget(id, new DekWrapper(key.RequirePublicKey()));
    }

    /// <summary>Makes a blob's new header, as the blob was listed.</summary>
    /// <param name="standing">How the ledger stands to it.</param>
    /// <param name="target">The version to move to.</param>
    /// <exception cref="TransientByokException">The vault did not answer.</exception>
    internal async Task<Rewrap> PrepareAsync(string operationId, ProtectedBlob blob, BlobStanding standing, RewrapTarget target, CancellationToken cancellationToken)
    {
        var needs = UnverifiedFields.KeyIdOf(blob)?.ToString() ?? string.Empty;
        try
        {
            var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
            needs = header.KeyId.ToString();
            if (blob.IsArchived)
            {
                return Rewrap.Left(blob, needs, UnmovableReason.Archived, $"'{blob.Name}' is in the archive tier; rehydrate it, then rotate again.");
            }

            if (standing == BlobStanding.Unknown)
            {
                throw BlobRecords.Foreign(blob.Name);
            }

            var keyId = await keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
            using var dek = await deks.GetAsync(keyId, header.WrappedDek.ToArray(), cancellationToken).ConfigureAwait(false);
            using var blobKeys = dek.DeriveFor(header.BlobId);
            var rewrapped = header.WithWrappedDek(target.Id, target.Wrapper.KeyThumbprint, target.Wrapper.Wrap(dek), blobKeys, blob.Name);
            return new Rewrap(blob, needs, new BlobIntent(operationId, blob.Name, rewrapped, BlobChange.Rewrap, BlobState.Of(header).Mac), null);
        }
        catch (ByokException exception) when (Unmovable.ReasonOf(exception) is { } reason)
        {
            return Rewrap.Left(blob, needs, reason, exception.Message);
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
            return Rewrap.Left(blob, rewrap.KeyId, reason, exception.Message);
        }
    }

    /// <summary>Whether a blob's header is its own: its MAC verifies under its DEK.</summary>
    internal async Task<bool> IsIntactAsync(ProtectedBlob blob, CancellationToken cancellationToken)
    {
        try
        {
            var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
            var keyId = await keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
            using var dek = await deks.GetAsync(keyId, header.WrappedDek.ToArray(), cancellationToken).ConfigureAwait(false);
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

/// <summary>The version that blobs move to, ready to wrap with.</summary>
/// <param name="Wrapper">Wraps with its public part.</param>
public sealed record RewrapTarget(KeyIdentifier Id, DekWrapper Wrapper) : IDisposable
{
    public void Dispose() => Wrapper.Dispose();
}

/// <summary>One blob on its way to another version.</summary>
/// <param name="Blob">The blob, as it was looked at.</param>
/// <param name="KeyId">The version it is under; empty when its header does not say.</param>
/// <param name="Intent">Its new header; null when it is not moved.</param>
/// <param name="Unmovable">Why it could not be moved; null when it was, or is gone.</param>
internal sealed record Rewrap(ProtectedBlob Blob, string KeyId, BlobIntent? Intent, UnmovableBlob? Unmovable)
{
    public static Rewrap Left(ProtectedBlob blob, string keyId, UnmovableReason reason, string explanation) =>
        new(blob, keyId, null, new UnmovableBlob(blob.Name, reason, explanation));
}
