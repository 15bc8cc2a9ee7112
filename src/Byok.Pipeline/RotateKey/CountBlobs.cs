using Azure.Storage.Blobs.Models;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.RotateKey;

/// <summary>Counts the protected blobs, so that progress can say how many are left. One request for each 5,000.</summary>
public sealed class CountBlobs(StorageAccount storage) : Activity<object?, long>
{
    public const string Name = "CountBlobs";

    public override Task<long> RunAsync(object? input, CancellationToken cancellationToken) =>
        StorageFailures.TranslateAsync(storage.Protected.Name, async () =>
        {
            var count = 0L;
            await foreach (var page in storage.Protected.GetBlobsAsync(new GetBlobsOptions(), cancellationToken).AsPages().ConfigureAwait(false))
            {
                count += page.Values.Count;
            }

            return count;
        });
}
