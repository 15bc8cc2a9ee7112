using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// At most one rotation of a key at a time, across all hosts: a small blob <c>claims/rotate-NAME.json</c> in the audits container names the
/// operation that holds the key. The same operation may claim again, so activities that run twice do no harm.
/// </summary>
public sealed class OperationClaims(StorageAccount storage, TimeProvider time)
{
    /// <summary>Claims a key for a rotation.</summary>
    /// <exception cref="ConflictException">Another rotation holds it.</exception>
    public async Task ClaimAsync(string keyName, string operationId, CancellationToken cancellationToken)
    {
        var claim = new Claim(operationId, time.GetUtcNow());
        var options = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
        try
        {
            await StorageFailures.TranslateAsync(
                Subject(keyName),
                () => storage.Audits.GetBlobClient(Blob(keyName)).UploadAsync(BinaryData.FromObjectAsJson(claim, OrchestrationJson.Options), options, cancellationToken)).ConfigureAwait(false);
        }
        catch (ConcurrentWriteException)
        {
            var holder = await FindAsync(keyName, cancellationToken).ConfigureAwait(false);
            if (holder?.OperationId != operationId)
            {
                throw new ConflictException(holder is null
                    ? $"Another rotation of '{keyName}' ended this moment; start again."
                    : $"The rotation '{holder.OperationId}' of '{keyName}' has been under way since {holder.Since:yyyy-MM-dd HH:mm} UTC; wait for it. If it was terminated, start it again under the same id, or delete '{Subject(keyName)}'.");
            }
        }
    }

    /// <summary>Gives a key back; does nothing when another operation, or none, holds it.</summary>
    public async Task ReleaseAsync(string keyName, string operationId, CancellationToken cancellationToken)
    {
        if ((await FindAsync(keyName, cancellationToken).ConfigureAwait(false))?.OperationId == operationId)
        {
            await StorageFailures.TranslateAsync(
                Subject(keyName), () => storage.Audits.GetBlobClient(Blob(keyName)).DeleteIfExistsAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
        }
    }

    private async Task<Claim?> FindAsync(string keyName, CancellationToken cancellationToken)
    {
        try
        {
            var content = await StorageFailures.TranslateAsync(
                Subject(keyName), () => storage.Audits.GetBlobClient(Blob(keyName)).DownloadContentAsync(cancellationToken)).ConfigureAwait(false);
            return content.Value.Content.ToObjectFromJson<Claim>(OrchestrationJson.Options);
        }
        catch (Exception exception) when (exception is BlobNotFoundException or JsonException)
        {
            return null;
        }
    }

    private string Subject(string keyName) => $"{storage.Audits.Name}/{Blob(keyName)}";

    private static string Blob(string keyName) => $"claims/rotate-{keyName}.json";

    private sealed record Claim(string OperationId, DateTimeOffset Since);
}
