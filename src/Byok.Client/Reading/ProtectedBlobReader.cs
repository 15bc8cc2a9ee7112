using Byok.Client.Branches;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Client.Reading;

/// <summary>The one read path: properties, wrapping key, DEK, header; then chunks, each verified before a byte of it is released.</summary>
public sealed class ProtectedBlobReader(StorageAccount storage, BranchKeyRing branches)
{
    private const int FirstChunkLength = EnvelopePlan.StandardChunkSizeInBytes + EnvelopeFormat.TagSizeInBytes;

    /// <summary>Opens a protected blob. The vault is asked once for each branch and key cache time.</summary>
    /// <param name="name">The blob's name.</param>
    /// <param name="freshness">How fresh the pins must be.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <param name="allowRenamed">Accept a blob that was copied on purpose to another name or container than it was encrypted for.</param>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    /// <exception cref="KeyUnavailableException">The wrapping key is revoked, disabled or missing.</exception>
    /// <exception cref="EnvelopeException">The blob is not intact.</exception>
    public async Task<OpenedBlob> OpenAsync(string name, PinFreshness freshness, CancellationToken cancellationToken, bool allowRenamed = false)
    {
        var stored = await DescribeAsync(name, cancellationToken).ConfigureAwait(false);
        return await OpenAsync(stored, freshness, cancellationToken, allowRenamed).ConfigureAwait(false);
    }

    /// <summary>Opens a protected blob as it was described. The rest is as with <see cref="OpenAsync(string, PinFreshness, CancellationToken, bool)"/>.</summary>
    /// <inheritdoc cref="OpenAsync(string, PinFreshness, CancellationToken, bool)"/>
    public Task<OpenedBlob> OpenAsync(ProtectedBlob stored, PinFreshness freshness, CancellationToken cancellationToken, bool allowRenamed = false)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return OpenAsync(stored, storage.Protected.OpenRead(stored), freshness, allowRenamed, cancellationToken);
    }

    /// <summary>
    /// Opens a protected blob whose first chunk is about to be read: that comes with the blob's description, in one request. The rest is as with
    /// <see cref="OpenAsync(string, PinFreshness, CancellationToken, bool)"/>.
    /// </summary>
    /// <inheritdoc cref="OpenAsync(string, PinFreshness, CancellationToken, bool)"/>
    public async Task<OpenedBlob> OpenAtStartAsync(string name, PinFreshness freshness, CancellationToken cancellationToken, bool allowRenamed = false)
    {
        var (stored, source) = await storage.Protected.OpenAtStartAsync(name, FirstChunkLength, cancellationToken).ConfigureAwait(false);
        return await OpenAsync(stored, source, freshness, allowRenamed, cancellationToken).ConfigureAwait(false);
    }

    private async Task<OpenedBlob> OpenAsync(ProtectedBlob stored, BlobRangeSource source, PinFreshness freshness, bool allowRenamed, CancellationToken cancellationToken)
    {
        try
        {
            var header = EnvelopeHeader.Parse(stored.Metadata, stored.Name);
            using var dek = await OpenDekAsync(stored.Name, header, freshness, cancellationToken).ConfigureAwait(false);
            var envelope = EnvelopeReader.Open(
                header, dek, stop => OpenDekAsync(stored.Name, header, PinFreshness.Cached, stop), source, storage.Protected.Name, stored.Name, allowRenamed);
            return new OpenedBlob(stored, header, source, envelope);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private async Task<DataEncryptionKey> OpenDekAsync(string name, EnvelopeHeader header, PinFreshness freshness, CancellationToken cancellationToken)
    {
        try
        {
            return await branches.OpenDekAsync(name, header, freshness, cancellationToken).ConfigureAwait(false);
        }
        catch (IntegrityException exception)
        {
            // The ring knows keys and branches; which blob it is about is known here.
            throw new IntegrityException($"'{name}' is not intact: {exception.Message}", exception);
        }
    }

    /// <summary>The blob as the service describes it; nothing of it is verified.</summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    public Task<ProtectedBlob> DescribeAsync(string name, CancellationToken cancellationToken) => storage.Protected.DescribeAsync(name, cancellationToken);

    /// <summary>Lists the protected blobs with their metadata, by name.</summary>
    public IAsyncEnumerable<ProtectedBlob> ListAsync(string? prefix, CancellationToken cancellationToken) => storage.Protected.ListAsync(prefix, cancellationToken);
}
