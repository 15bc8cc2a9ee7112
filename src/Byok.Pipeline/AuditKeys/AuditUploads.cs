using Azure.Storage.Blobs.Models;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Looks for plaintext that stayed in the uploads container longer than its encryption can take.</summary>
public sealed class AuditUploads(StorageAccount storage, PipelineOptions options, TimeProvider time) : Activity<object?, FindingTally>
{
    public const string Name = "AuditUploads";

    public override async Task<FindingTally> RunAsync(object? input, CancellationToken cancellationToken)
    {
        var tally = new FindingTally();
        if (options.Disposal == PlaintextDisposal.Keep)
        {
            return tally; // It stays because the operator wants it to.
        }

        await StorageFailures.TranslateAsync(storage.Uploads.Name, async () =>
        {
            await foreach (var page in storage.Uploads.GetBlobsAsync(new GetBlobsOptions(), cancellationToken).AsPages().ConfigureAwait(false))
            {
                tally = tally.Plus(FindingTally.Of(page.Values
                    .Where(blob => time.GetUtcNow() - blob.Properties.LastModified > options.LeftoverAge)
                    .Select(blob => FindingKinds.PlaintextLeftOver.On(blob.Name, $"since {blob.Properties.LastModified:yyyy-MM-dd HH:mm} UTC"))));
            }

            return true;
        }).ConfigureAwait(false);
        return tally;
    }
}
