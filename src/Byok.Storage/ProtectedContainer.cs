using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Errors;

namespace Byok.Storage;

/// <summary>Where ciphertext lives, under its upload's name.</summary>
public sealed class ProtectedContainer(BlobContainerClient client) : StorageContainer(client)
{
    /// <summary>The blob as the service describes it; nothing of it is verified.</summary>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    public Task<ProtectedBlob> DescribeAsync(string name, CancellationToken cancellationToken) => CallAsync(name, async () =>
        ProtectedBlob.From(name, await Client.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)));

    /// <summary>The blobs with their metadata, by name.</summary>
    public async IAsyncEnumerable<ProtectedBlob> ListAsync(
        string? prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in ListItemsAsync(prefix, BlobTraits.Metadata, cancellationToken).ConfigureAwait(false))
        {
            yield return ProtectedBlob.From(item);
        }
    }

    /// <summary>One page of that list, with one request, so that a durable operation can resume where it stopped.</summary>
    /// <param name="continuationToken">Where the page begins; null for the first.</param>
    /// <param name="size">Blobs of the page, at most 5,000.</param>
    /// <returns>The blobs, and where the next page begins; null after the last.</returns>
    public Task<(IReadOnlyList<ProtectedBlob> Blobs, string? Next)> ListPageAsync(string? continuationToken, int size, CancellationToken cancellationToken) =>
        StorageFailures.TranslateAsync<(IReadOnlyList<ProtectedBlob>, string?)>(Name, async () =>
        {
            var pages = Client.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, cancellationToken).AsPages(continuationToken, size);
            await foreach (var page in pages.ConfigureAwait(false))
            {
                return ([.. page.Values.Select(ProtectedBlob.From)], string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
            }

            return ([], null);
        });

    /// <summary>Ranges of one version of a blob.</summary>
    public BlobRangeSource OpenRead(ProtectedBlob blob)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return new BlobRangeSource(Client.GetBlobClient(blob.Name), blob.ETag, blob.Length);
    }

    /// <inheritdoc cref="BlobRangeSource.OpenAtStartAsync"/>
    public Task<(ProtectedBlob Stored, BlobRangeSource Source)> OpenAtStartAsync(string name, int length, CancellationToken cancellationToken) =>
        BlobRangeSource.OpenAtStartAsync(Client.GetBlobClient(name), name, length, cancellationToken);

    /// <summary>Stages a block, which is not to be seen until a commit lists it.</summary>
    public Task StageAsync(string name, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => CallAsync(name, async () =>
    {
        using var stream = BinaryData.FromBytes(content).ToStream();
        return await Client.GetBlockBlobClient(name).StageBlockAsync(blockId, stream, cancellationToken: cancellationToken).ConfigureAwait(false);
    });

    /// <summary>Makes staged blocks a blob.</summary>
    /// <param name="write">What else the blob has, and what it replaces.</param>
    /// <param name="blockIds">The blocks, in order.</param>
    /// <exception cref="ConcurrentWriteException">Another version than the one to replace is there.</exception>
    public Task CommitAsync(ProtectedWrite write, IEnumerable<string> blockIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        var options = new CommitBlockListOptions
        {
            Metadata = write.Metadata,
            HttpHeaders = write.Content.Headers,
            Tags = write.Tags,
            AccessTier = write.Content.Tier,
            Conditions = Replacing(write.ReplacedETag),
        };
        return CallAsync(write.Name, () => Client.GetBlockBlobClient(write.Name).CommitBlockListAsync(blockIds, options, cancellationToken));
    }

    /// <summary>Writes a blob with one request.</summary>
    /// <inheritdoc cref="CommitAsync"/>
    public Task PutAsync(ProtectedWrite write, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        var options = new BlobUploadOptions
        {
            Metadata = write.Metadata,
            HttpHeaders = write.Content.Headers,
            Tags = write.Tags,
            AccessTier = write.Content.Tier,
            Conditions = Replacing(write.ReplacedETag),
        };
        return CallAsync(write.Name, async () =>
        {
            using var stream = BinaryData.FromBytes(content).ToStream();
            return await Client.GetBlockBlobClient(write.Name).UploadAsync(stream, options, cancellationToken).ConfigureAwait(false);
        });
    }

    /// <summary>Replaces all metadata of one version of a blob.</summary>
    /// <exception cref="BlobNotFoundException">It is gone.</exception>
    /// <exception cref="ConcurrentWriteException">It was written since.</exception>
    public Task SetMetadataAsync(string name, ETag etag, IDictionary<string, string> metadata, CancellationToken cancellationToken) => CallAsync(
        name, () => Client.GetBlobClient(name).SetMetadataAsync(metadata, new BlobRequestConditions { IfMatch = etag }, cancellationToken));
}
