using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;

namespace Byok.Cli.Serve;

/// <summary>
/// Looks for uploads and starts EncryptBlob for each, as the blob trigger does in Azure. An upload that cannot be encrypted stays where it
/// is, is told once, and is tried again when it is uploaded again or the service is started again.
/// </summary>
internal sealed class UploadTrigger(StorageAccount storage, DurableEngine engine, Terminal terminal)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(Interval);
        do
        {
            try
            {
                seen = await LookAsync(seen, cancellationToken).ConfigureAwait(false);
            }
            catch (TransientByokException exception)
            {
                terminal.Note($"uploads cannot be listed now: {exception.Message}");
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Starts what is new. Gives back what is there now, so that memory follows the container and not its history.</summary>
    private async Task<HashSet<string>> LookAsync(HashSet<string> seen, CancellationToken cancellationToken)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var upload in storage.Uploads.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var input = new EncryptBlobInput { BlobName = upload.Name, ETag = upload.ETag, Overwrite = true };
            var instanceId = EncryptBlobInput.InstanceIdFor(input.BlobName, input.ETag);
            present.Add(instanceId);
            if (!seen.Contains(instanceId) && await engine.ScheduleAsync(EncryptBlobOrchestration.Name, input, instanceId, cancellationToken).ConfigureAwait(false))
            {
                _ = TellEndAsync(upload.Name, instanceId, cancellationToken);
            }
        }

        return present;
    }

    private async Task TellEndAsync(string name, string instanceId, CancellationToken cancellationToken)
    {
        try
        {
            var status = await engine.WaitAsync(instanceId, null, cancellationToken).ConfigureAwait(false);
            terminal.Note($"upload '{name}': {Describe(status)}");
        }
        catch (OperationCanceledException)
        {
            // The service stops; the operation goes on when it starts again.
        }
    }

    private static string? Describe(OrchestrationStatus status)
    {
        if (status.State != OrchestrationState.Completed)
        {
            return status.Failure?.Message;
        }

        return status.Output?.Deserialize<EncryptBlobResult>(OrchestrationJson.Options)?.Outcome == EncryptBlobOutcome.Superseded
            ? "it was replaced or deleted before it was protected"
            : "done";
    }
}
