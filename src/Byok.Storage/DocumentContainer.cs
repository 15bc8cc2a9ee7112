using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Byok.Core.Errors;

namespace Byok.Storage;

/// <summary>Small documents, each read and written whole.</summary>
public sealed class DocumentContainer(BlobContainerClient client) : StorageContainer(client)
{
    /// <summary>A document and its version.</summary>
    /// <exception cref="BlobNotFoundException">There is none of that name.</exception>
    public Task<(BinaryData Content, string ETag)> ReadAsync(string name, CancellationToken cancellationToken) => CallAsync(name, async () =>
    {
        var document = (await Client.GetBlobClient(name).DownloadContentAsync(cancellationToken).ConfigureAwait(false)).Value;
        return (document.Content, document.Details.ETag.ToString());
    });

    /// <summary>Writes a document, whatever is there.</summary>
    public Task PutAsync(string name, BinaryData content, string contentType, IDictionary<string, string>? metadata, CancellationToken cancellationToken) =>
        UploadAsync(name, content, new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = contentType }, Metadata = metadata }, cancellationToken);

    /// <summary>Writes a document over one version of it.</summary>
    /// <param name="content">The document.</param>
    /// <param name="replacedETag">The version; null when nothing may be there.</param>
    /// <returns>False when another version is there: then nothing was written.</returns>
    public async Task<bool> TryReplaceAsync(string name, BinaryData content, string? replacedETag, CancellationToken cancellationToken)
    {
        try
        {
            await UploadAsync(name, content, new BlobUploadOptions { Conditions = Replacing(replacedETag) }, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConcurrentWriteException)
        {
            return false;
        }
    }

    /// <summary>The documents with a prefix, by name, and their metadata.</summary>
    public async IAsyncEnumerable<(string Name, IReadOnlyDictionary<string, string> Metadata)> ListAsync(
        string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in ListItemsAsync(prefix, BlobTraits.Metadata, cancellationToken).ConfigureAwait(false))
        {
            yield return (item.Name, item.Metadata is null ? new Dictionary<string, string>() : new Dictionary<string, string>(item.Metadata));
        }
    }

    private Task UploadAsync(string name, BinaryData content, BlobUploadOptions options, CancellationToken cancellationToken) =>
        CallAsync(name, () => Client.GetBlobClient(name).UploadAsync(content, options, cancellationToken));
}
