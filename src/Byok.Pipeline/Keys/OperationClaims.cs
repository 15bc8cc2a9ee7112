using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.Keys;

/// <summary>
/// At most one operation that changes a key's pins at a time, across all hosts: a small blob <c>claims/NAME.json</c> in the audits container names the
/// bring, rotation, retirement or restore that holds the key; a revocation asks for none. The same operation may claim again, so activities that run twice do no harm. A claim that was given back names
/// nobody; it is not deleted, so that the app needs no right to delete in that container.
/// </summary>
public sealed class OperationClaims(StorageAccount storage, TimeProvider time)
{
    /// <summary>Claims a key for an operation.</summary>
    /// <exception cref="OperationInProgressException">Another operation holds it.</exception>
    public async Task ClaimAsync(string keyName, string operationId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (claim, etag) = await FindAsync(keyName, cancellationToken).ConfigureAwait(false);
            RequireFree(keyName, operationId, claim);
            if (claim?.OperationId == operationId || await TryWriteAsync(keyName, operationId, etag, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Lets an operation pass that will claim the key later.</summary>
    /// <exception cref="OperationInProgressException">Another operation holds it.</exception>
    public async Task RequireFreeAsync(string keyName, string operationId, CancellationToken cancellationToken) =>
        RequireFree(keyName, operationId, (await FindAsync(keyName, cancellationToken).ConfigureAwait(false)).Claim);

    /// <summary>Gives a key back; does nothing when another operation, or none, holds it.</summary>
    public async Task ReleaseAsync(string keyName, string operationId, CancellationToken cancellationToken)
    {
        var (claim, etag) = await FindAsync(keyName, cancellationToken).ConfigureAwait(false);
        if (claim?.OperationId == operationId)
        {
            // Refused only when it was given back, or taken away, meanwhile.
            await TryWriteAsync(keyName, null, etag, cancellationToken).ConfigureAwait(false);
        }
    }

    private void RequireFree(string keyName, string operationId, Claim? claim)
    {
        if (claim?.OperationId is { } holder && holder != operationId)
        {
            throw new OperationInProgressException(
                $"The operation '{holder}' on '{keyName}' has been under way since {claim.Since:yyyy-MM-dd HH:mm} UTC; wait for it. If it was terminated, start it again under the same id, or delete '{Subject(keyName)}'.");
        }
    }

    /// <returns>False when somebody else was quicker.</returns>
    private async Task<bool> TryWriteAsync(string keyName, string? operationId, string? etag, CancellationToken cancellationToken)
    {
        var content = BinaryData.FromObjectAsJson(new Claim(operationId, time.GetUtcNow()), OrchestrationJson.Options);
        return await storage.Audits.TryReplaceAsync(Blob(keyName), content, etag, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(Claim? Claim, string? ETag)> FindAsync(string keyName, CancellationToken cancellationToken)
    {
        try
        {
            var (content, etag) = await storage.Audits.ReadAsync(Blob(keyName), cancellationToken).ConfigureAwait(false);
            return (content.ToObjectFromJson<Claim>(OrchestrationJson.Options), etag);
        }
        catch (BlobNotFoundException)
        {
            return (null, null);
        }
        catch (JsonException exception)
        {
            throw new ConflictException($"The claim '{Subject(keyName)}' is damaged; when no operation on '{keyName}' runs, delete it.", exception);
        }
    }

    private string Subject(string keyName) => storage.Audits.SubjectOf(Blob(keyName));

    private static string Blob(string keyName) => $"claims/{keyName}.json";

    private sealed record Claim(string? OperationId, DateTimeOffset Since);
}
