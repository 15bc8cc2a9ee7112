using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Byok.Storage;

/// <summary>Where plaintext lands.</summary>
public sealed class UploadContainer(BlobContainerClient client) : StorageContainer(client)
{
    private const int BlockSizeInBytes = 8 * 1024 * 1024;

    /// <summary>All uploads, by name.</summary>
    public async IAsyncEnumerable<ListedUpload> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in ListItemsAsync(null, BlobTraits.None, cancellationToken).ConfigureAwait(false))
        {
            yield return new ListedUpload(item.Name, item.Properties.ETag!.Value.ToString(), item.Properties.LastModified ?? default);
        }
    }

    /// <summary>Ranges of one version of an upload.</summary>
    public BlobRangeSource OpenRead(string name, string etag, long length) => new(Client.GetBlobClient(name), new ETag(etag), length);

    /// <summary>Uploads, as any client would.</summary>
    /// <returns>The upload's ETag.</returns>
    public async Task<string> PutAsync(
        string name, Stream content, IDictionary<string, string> metadata, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Metadata = metadata,
            TransferOptions = new StorageTransferOptions { InitialTransferSize = BlockSizeInBytes, MaximumTransferSize = BlockSizeInBytes, MaximumConcurrency = 2 },
            ProgressHandler = progress,
        };
        return (await CallAsync(name, () => Client.GetBlobClient(name).UploadAsync(content, options, cancellationToken)).ConfigureAwait(false)).Value.ETag.ToString();
    }
}
