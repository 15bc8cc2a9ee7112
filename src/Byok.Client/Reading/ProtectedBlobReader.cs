using Byok.Client.Keys;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Client.Reading;

/// <summary>The one read path: properties, wrapping key, DEK, header; then chunks, each verified before a byte of it is released.</summary>
public sealed class ProtectedBlobReader(StorageAccount storage, WrappingKeyRing keys, DekCache deks, DekUnwrapper unwrapper)
{
    private const int FirstChunkLength = EnvelopePlan.StandardChunkSizeInBytes + EnvelopeFormat.TagSizeInBytes;

    /// <summary>Opens a protected blob. One vault call at most, and none for a DEK in the cache.</summary>
    /// <param name="name">The blob's name.</param>
    /// <param name="dekSource">Where the DEK comes from.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <param name="allowRenamed">Accept a blob that was copied on purpose to another name or container than it was encrypted for.</param>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    /// <exception cref="KeyUnavailableException">The wrapping key is revoked, disabled or missing.</exception>
    /// <exception cref="EnvelopeException">The blob is not intact.</exception>
    public async Task<OpenedBlob> OpenAsync(string name, DekSource dekSource, CancellationToken cancellationToken, bool allowRenamed = false)
    {
        var stored = await DescribeAsync(name, cancellationToken).ConfigureAwait(false);
        return await OpenAsync(stored, dekSource, cancellationToken, allowRenamed).ConfigureAwait(false);
    }

    /// <summary>Opens a protected blob as it was described. The rest is as with <see cref="OpenAsync(string, DekSource, CancellationToken, bool)"/>.</summary>
    /// <inheritdoc cref="OpenAsync(string, DekSource, CancellationToken, bool)"/>
    public Task<OpenedBlob> OpenAsync(ProtectedBlob stored, DekSource dekSource, CancellationToken cancellationToken, bool allowRenamed = false)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return OpenAsync(stored, storage.Protected.OpenRead(stored), dekSource, allowRenamed, cancellationToken);
    }

    /// <summary>
    /// Opens a protected blob whose first chunk is about to be read: that comes with the blob's description, in one request. The rest is as with
    /// <see cref="OpenAsync(string, DekSource, CancellationToken, bool)"/>.
    /// </summary>
    /// <inheritdoc cref="OpenAsync(string, DekSource, CancellationToken, bool)"/>
    public async Task<OpenedBlob> OpenAtStartAsync(string name, DekSource dekSource, CancellationToken cancellationToken, bool allowRenamed = false)
    {
        var (stored, source) = await storage.Protected.OpenAtStartAsync(name, FirstChunkLength, cancellationToken).ConfigureAwait(false);
        return await OpenAsync(stored, source, dekSource, allowRenamed, cancellationToken).ConfigureAwait(false);
    }

    private async Task<OpenedBlob> OpenAsync(ProtectedBlob stored, BlobRangeSource source, DekSource dekSource, bool allowRenamed, CancellationToken cancellationToken)
    {
        try
        {
            var header = EnvelopeHeader.Parse(stored.Metadata, stored.Name);
            using var dek = await GetDekAsync(stored.Name, header, dekSource, cancellationToken).ConfigureAwait(false);
            return new OpenedBlob(stored, header, source, EnvelopeReader.Open(header, dek, source, storage.Protected.Name, stored.Name, allowRenamed));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private async Task<DataEncryptionKey> GetDekAsync(string name, EnvelopeHeader header, DekSource dekSource, CancellationToken cancellationToken)
    {
        try
        {
            var keyId = await keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
            var wrapped = header.WrappedDek.ToArray();
            return dekSource == DekSource.Cache
                ? await deks.GetAsync(keyId, wrapped, cancellationToken).ConfigureAwait(false)
                : await unwrapper.UnwrapAsync(keyId, wrapped, cancellationToken).ConfigureAwait(false);
        }
        catch (IntegrityException exception)
        {
            // Key ring and vault know keys; which blob it is about is known here.
            throw new IntegrityException($"'{name}' is not intact: {exception.Message}", exception);
        }
    }

    /// <summary>The blob as the service describes it; nothing of it is verified.</summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    public Task<ProtectedBlob> DescribeAsync(string name, CancellationToken cancellationToken) => storage.Protected.DescribeAsync(name, cancellationToken);

    /// <summary>Lists the protected blobs with their metadata, by name.</summary>
    public IAsyncEnumerable<ProtectedBlob> ListAsync(string? prefix, CancellationToken cancellationToken) => storage.Protected.ListAsync(prefix, cancellationToken);
}
