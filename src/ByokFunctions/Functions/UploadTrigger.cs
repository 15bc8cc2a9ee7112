using Azure.Storage.Blobs;
using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;
using ByokFunctions.Composition;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace ByokFunctions.Functions;

/// <summary>
/// Starts EncryptBlob for each upload. In Azure Event Grid tells of uploads; where there is no Event Grid the second function looks for
/// them. Both may see the same upload: its instance id comes from name and ETag, so nothing is done twice. An upload that cannot be
/// encrypted ends as a failed operation with its reason, and stays where it is.
/// </summary>
public sealed partial class UploadTrigger(StorageAccount storage, ILogger<UploadTrigger> logger)
{
    private const string Path = $"{ByokSettings.UploadsContainer}/{{name}}";
    private const string Uploads = "ByokUploads";

    /// <summary>Told by Event Grid.</summary>
    [Function(nameof(UploadTrigger))]
    public Task RunAsync(
        [BlobTrigger(Path, Source = BlobTriggerSource.EventGrid, Connection = Uploads)] BlobClient upload,
        string name, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        StartAsync(name, client, cancellationToken);

    /// <summary>Looks for uploads: for the emulator; switched off in Azure by <c>AzureWebJobs.UploadPolling.Disabled</c>.</summary>
    [Function("UploadPolling")]
    public Task PollAsync(
        [BlobTrigger(Path, Source = BlobTriggerSource.LogsAndContainerScan, Connection = Uploads)] BlobClient upload,
        string name, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        StartAsync(name, client, cancellationToken);

    private async Task StartAsync(string name, DurableTaskClient client, CancellationToken cancellationToken)
    {
        StoredBlob blob;
        try
        {
            blob = await storage.Uploads.FindAsync(name, etag: null, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            // Encrypted and disposed of already, or deleted by its owner.
            LogGone(name);
            return;
        }

        var input = new EncryptBlobInput { BlobName = name, ETag = blob.ETag, Overwrite = true };
        var instanceId = EncryptBlobInput.InstanceIdFor(input.BlobName, input.ETag);
        var started = await new DurableOrchestrationClient(client)
            .ScheduleAsync(EncryptBlobOrchestration.Name, input, instanceId, cancellationToken).ConfigureAwait(false);
        LogSeen(name, instanceId, started);
    }

    [LoggerMessage(1, LogLevel.Information, "Upload '{Name}': operation {InstanceId}, started now: {Started}.")]
    private partial void LogSeen(string name, string instanceId, bool started);

    [LoggerMessage(2, LogLevel.Information, "Upload '{Name}' is gone already.")]
    private partial void LogGone(string name);
}
