using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Byok.Core.Errors;

namespace Byok.Storage;

/// <summary>What all containers have in common. Every call of theirs translates its failure into ours.</summary>
public abstract class StorageContainer(BlobContainerClient client)
{
    /// <summary>The container's name.</summary>
    public string Name => client.Name;

    /// <summary>The service's own client, whose failures nobody translates: to set a container up, and to do to it what others do.</summary>
    public BlobContainerClient Client => client;

    /// <summary>One of its blobs, as failures name it.</summary>
    public string SubjectOf(string name) => $"{Name}/{name}";

    /// <summary>A blob with its metadata and content headers; nothing of it is verified.</summary>
    /// <param name="etag">The version that it must have; null for any.</param>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    /// <exception cref="ConcurrentWriteException">It has another version.</exception>
    public Task<StoredBlob> FindAsync(string name, string? etag, CancellationToken cancellationToken) => CallAsync(name, async () =>
    {
        var conditions = etag is null ? null : new BlobRequestConditions { IfMatch = new ETag(etag) };
        return StoredBlob.From(name, (await client.GetBlobClient(name).GetPropertiesAsync(conditions, cancellationToken).ConfigureAwait(false)).Value);
    });

    /// <summary>A blob's tags, which take a request of their own; null, without one, when it has none.</summary>
    public async Task<IDictionary<string, string>?> ReadTagsAsync(StoredBlob blob, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return blob.Content.TagCount > 0
            ? await CallAsync(blob.Name, async () =>
                (await client.GetBlobClient(blob.Name).GetTagsAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value.Tags).ConfigureAwait(false)
            : null;
    }

    /// <summary>Deletes a blob and its snapshots.</summary>
    /// <param name="etag">The version that it must have; null for any.</param>
    /// <returns>False when it is gone, or has another version: then nothing was deleted.</returns>
    public async Task<bool> DeleteAsync(string name, string? etag, CancellationToken cancellationToken)
    {
        try
        {
            var conditions = etag is null ? null : new BlobRequestConditions { IfMatch = new ETag(etag) };
            await CallAsync(name, () => client.GetBlobClient(name).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, cancellationToken)).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is BlobNotFoundException or ConcurrentWriteException)
        {
            return false;
        }
    }

    /// <summary>How many blobs there are. One request for each 5,000.</summary>
    public Task<long> CountAsync(CancellationToken cancellationToken) => StorageFailures.TranslateAsync(Name, async () =>
    {
        var count = 0L;
        await foreach (var page in client.GetBlobsAsync(new GetBlobsOptions(), cancellationToken).AsPages().ConfigureAwait(false))
        {
            count += page.Values.Count;
        }

        return count;
    });

    internal Task CreateIfMissingAsync(CancellationToken cancellationToken) =>
        StorageFailures.TranslateAsync(Name, () => client.CreateIfNotExistsAsync(cancellationToken: cancellationToken));

    private protected Task<T> CallAsync<T>(string name, Func<Task<T>> call) => StorageFailures.TranslateAsync(SubjectOf(name), call);

    private protected async IAsyncEnumerable<BlobItem> ListItemsAsync(
        string? prefix, BlobTraits traits, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = client.GetBlobsAsync(new GetBlobsOptions { Traits = traits, Prefix = prefix }, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (items.ConfigureAwait(false))
        {
            while (await StorageFailures.TranslateAsync(Name, () => items.MoveNextAsync().AsTask()).ConfigureAwait(false))
            {
                yield return items.Current;
            }
        }
    }

    /// <summary>Replaces the version with that ETag; without one, nothing may be there.</summary>
    private protected static BlobRequestConditions Replacing(string? etag) =>
        etag is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = new ETag(etag) };
}
