using Azure.Storage.Blobs.Models;
using Byok.Storage;

namespace Byok.Client.Reading;

/// <summary>Lists the protected blobs a page at a time, so that a durable operation can go on where it stopped.</summary>
internal static class ProtectedPages
{
    /// <summary>One page, metadata and ETags included: one request.</summary>
    /// <param name="storage">The account.</param>
    /// <param name="continuationToken">Where the page begins; null for the first.</param>
    /// <param name="size">Blobs of the page, at most 5,000.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The blobs, and where the next page begins; null after the last.</returns>
    public static Task<(List<ProtectedBlob> Blobs, string? Next)> ListAsync(
        StorageAccount storage, string? continuationToken, int size, CancellationToken cancellationToken) =>
        StorageFailures.TranslateAsync<(List<ProtectedBlob>, string?)>(storage.Protected.Name, async () =>
        {
            var pages = storage.Protected.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, cancellationToken).AsPages(continuationToken, size);
            await foreach (var page in pages.ConfigureAwait(false))
            {
                return ([.. page.Values.Select(ProtectedBlob.From)], string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
            }

            return ([], null);
        });
}
