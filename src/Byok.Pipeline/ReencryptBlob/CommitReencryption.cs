using Byok.Client.Keys;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>
/// Replaces the old ciphertext by the new with one conditional block list. The new DEK is unwrapped by the vault before that: there is
/// no way back to the old ciphertext afterwards.
/// </summary>
public sealed class CommitReencryption(
    StorageAccount storage, ProtectedBlobReader reader, ProtectedBlobWriter writer, DekUnwrapper deks, BlobRecords records)
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
        var written = await writer.CommitAsync(plan, input.Segments, dek, new SourceTraits(target, old.Value, old.Value.Metadata), cancellationToken).ConfigureAwait(false);
        return await CompleteAsync(plan.OperationId, plan.BlobName, written, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens what is stored now through the read path, and records it.</summary>
    /// <param name="operationId">The operation.</param>
    /// <param name="blobName">The blob.</param>
    /// <param name="written">What was committed; null when an earlier run did it, so that only the ledger knows.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ForeignBlobException">The ledger does not know what is stored.</exception>
    internal async Task<ReencryptBlobResult> CompleteAsync(string operationId, string blobName, BlobState? written, CancellationToken cancellationToken)
    {
        await using var blob = await reader.OpenAsync(blobName, DekSource.Vault, cancellationToken).ConfigureAwait(false);
        var (header, state) = (blob.Header, BlobState.Of(blob.Header));
        var standing = state == written ? BlobStanding.Intended : await records.StandingOfAsync(blobName, header, cancellationToken).ConfigureAwait(false);
        if (standing == BlobStanding.Unknown)
        {
            throw BlobRecords.Foreign(blobName);
        }

        if (standing == BlobStanding.Intended)
        {
            await records.ConfirmAsync(operationId, blobName, state, cancellationToken).ConfigureAwait(false);
        }

        return new ReencryptBlobResult(state.BlobId, header.KeyId, header.Generation, header.Layout.PlaintextLength, blob.ETag.ToString());
    }
}
