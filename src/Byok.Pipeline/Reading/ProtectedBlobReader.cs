using Azure.Storage.Blobs.Models;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.Reading;

/// <summary>The one read path: properties, wrapping key, DEK, header; then chunks, each verified before a byte of it is released.</summary>
public sealed class ProtectedBlobReader(StorageAccount storage, WrappingKeyRing keys, DekCache deks)
{
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
        var header = EnvelopeHeader.Parse(stored.Metadata, name);
        using var dek = await GetDekAsync(name, header, dekSource, cancellationToken).ConfigureAwait(false);
        var source = new BlobRangeSource(storage.Protected.GetBlobClient(name), stored.ETag, stored.Length);
        var envelope = EnvelopeReader.Open(header, dek, source, storage.Protected.Name, name, allowRenamed);
        return new OpenedBlob(stored, header, envelope);
    }

    private async Task<DataEncryptionKey> GetDekAsync(string name, EnvelopeHeader header, DekSource dekSource, CancellationToken cancellationToken)
    {
        try
        {
            var keyId = await keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
            var wrapped = header.WrappedDek.ToArray();
            return dekSource == DekSource.Cache
                ? await deks.GetAsync(keyId, wrapped, cancellationToken).ConfigureAwait(false)
                : await deks.UnwrapAsync(keyId, wrapped, cancellationToken).ConfigureAwait(false);
        }
        catch (IntegrityException exception)
        {
            // Key ring and vault know keys; which blob it is about is known here.
            throw new IntegrityException($"'{name}' is not intact: {exception.Message}", exception);
        }
    }

    /// <summary>The blob as the service describes it; nothing of it is verified.</summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    public Task<ProtectedBlob> DescribeAsync(string name, CancellationToken cancellationToken) =>
        StorageFailures.TranslateAsync(
            $"{storage.Protected.Name}/{name}",
            async () => ProtectedBlob.From(name, await storage.Protected.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)));

    /// <summary>Lists the protected blobs with their metadata, by name.</summary>
    public async IAsyncEnumerable<ProtectedBlob> ListAsync(
        string? prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pages = storage.Protected.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = prefix }, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (pages.ConfigureAwait(false))
        {
            while (await StorageFailures.TranslateAsync(storage.Protected.Name, () => pages.MoveNextAsync().AsTask()).ConfigureAwait(false))
            {
                yield return ProtectedBlob.From(pages.Current);
            }
        }
    }
}
