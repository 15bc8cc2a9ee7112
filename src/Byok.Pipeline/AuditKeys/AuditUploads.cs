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

        await foreach (var upload in storage.Uploads.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (time.GetUtcNow() - upload.LastModified > options.LeftoverAge)
            {
                tally = tally.Plus(FindingTally.Of([FindingKinds.PlaintextLeftOver.On(upload.Name, $"since {upload.LastModified:yyyy-MM-dd HH:mm} UTC")]));
            }
        }

        return tally;
    }
}
