using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;
using Byok.Pipeline.Reading;
using Byok.Pipeline.Writing;
using Byok.Storage;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>
/// Replaces the old ciphertext by the new with one conditional block list. The new DEK is unwrapped by the vault before that: there is
/// no way back to the old ciphertext afterwards.
/// </summary>
public sealed class CommitReencryption(
    StorageAccount storage, ProtectedBlobReader reader, ProtectedBlobWriter writer, DekCache deks, ILedger ledger)
    : Activity<CommitReencryptionInput, ReencryptBlobResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "CommitReencryption";

    /// <inheritdoc/>
    /// <exception cref="ConcurrentWriteException">The blob was written by somebody else meanwhile; nothing was replaced.</exception>
    public override async Task<ReencryptBlobResult> RunAsync(CommitReencryptionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var plan = input.Plan;
        var target = storage.Protected.GetBlobClient(plan.BlobName);
        var old = await StorageFailures.TranslateAsync(
            $"{storage.Protected.Name}/{plan.BlobName}", () => target.GetPropertiesAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
        using var dek = await deks.UnwrapAsync(plan.KeyId, plan.WrappedDek, cancellationToken).ConfigureAwait(false);
        await writer.CommitAsync(plan, input.Segments, dek, new SourceTraits(target, old.Value, old.Value.Metadata), cancellationToken).ConfigureAwait(false);
        var replaced = EnvelopeHeader.Parse(old.Value.Metadata, plan.BlobName).BlobId.ToString();
        return await CompleteAsync(plan.OperationId, plan.BlobName, cancellationToken, replaced).ConfigureAwait(false);
    }

    /// <summary>Opens what is stored now through the read path, and records it.</summary>
    /// <param name="operationId">The operation.</param>
    /// <param name="blobName">The blob.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <param name="replaced">Id of the encryption that it replaced, by which the audit sees whether that was the newest; null when it is not known any more.</param>
    internal async Task<ReencryptBlobResult> CompleteAsync(string operationId, string blobName, CancellationToken cancellationToken, string? replaced = null)
    {
        await using var blob = await reader.OpenAsync(blobName, DekSource.Vault, cancellationToken).ConfigureAwait(false);
        var header = blob.Header;
        var details = new Dictionary<string, string>
        {
            ["blobId"] = header.BlobId.ToString(),
            ["generation"] = $"{header.Generation}",
            ["key"] = header.KeyId.ToString(),
        };
        if (replaced is not null && replaced != header.BlobId.ToString())
        {
            details["replaced"] = replaced;
        }

        await ledger.AppendAsync(
            new LedgerEvent
            {
                EventId = $"{operationId}/{header.BlobId}/{header.Generation}",
                Kind = BlobEvents.Reencrypted,
                Subject = $"{storage.Protected.Name}/{blobName}",
                CorrelationId = operationId,
                Details = details,
            },
            cancellationToken).ConfigureAwait(false);
        return new ReencryptBlobResult(header.BlobId.ToString(), header.KeyId, header.Generation, header.Layout.PlaintextLength, blob.ETag.ToString());
    }
}
