using System.Security.Cryptography;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.MoveBlobs;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>
/// Reads a committed blob back through the real read path (the pins read anew), records it in the ledger, and only
/// then disposes of the plaintext.
/// </summary>
public sealed class EncryptionCompletion(StorageAccount storage, ProtectedBlobReader reader, BlobRecords records, BlobRewrapper rewrapper, ChunkBufferPools pools, PipelineOptions options)
{
    private const int MaxLooks = 5;

    /// <summary>Completes a blob that was committed.</summary>
    /// <exception cref="IntegrityException">What was written does not read back. The plaintext is kept.</exception>
    /// <exception cref="ForeignBlobException">Something that nobody of ours wrote stands in its place. The plaintext is kept.</exception>
    public async Task<EncryptBlobResult> CompleteAsync(CompleteBlobInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (await TryCompleteAsync(input, cancellationToken).ConfigureAwait(false) is { } result)
                {
                    return result;
                }
            }
            catch (ConcurrentWriteException) when (attempt < MaxLooks)
            {
                // A rotation rewrapped the blob between two reads, or somebody replaced it: look at what is there now.
            }
        }
    }

    /// <returns>Null when the blob was moved to the branch that is current by now.</returns>
    private async Task<EncryptBlobResult?> TryCompleteAsync(CompleteBlobInput input, CancellationToken cancellationToken)
    {
        await using var blob = await reader.OpenAtStartAsync(input.BlobName, PinFreshness.Now, cancellationToken).ConfigureAwait(false);
        var state = BlobState.Of(blob.Header);
        var standing = state == input.Written
            ? BlobStanding.Intended
            : await records.StandingOfAsync(input.BlobName, blob.Header, cancellationToken).ConfigureAwait(false);
        if (standing == BlobStanding.Unknown)
        {
            throw BlobRecords.ForeignInstead(input.BlobName);
        }

        if (state.BlobId != input.BlobId)
        {
            // Another writer of ours replaced our blob after we committed it. What is there now is his to answer for; ours was complete.
            return new EncryptBlobResult(EncryptBlobOutcome.Superseded, null, null, null, 0, 0, 0, null);
        }

        if (await rewrapper.MoveOnAsync(input.OperationId, blob, standing, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        await VerifyAsync(blob, cancellationToken).ConfigureAwait(false);
        if (standing == BlobStanding.Intended)
        {
            await records.ConfirmAsync(input.OperationId, input.BlobName, state, cancellationToken).ConfigureAwait(false);
        }

        if (options.Disposal == PlaintextDisposal.Delete)
        {
            // A newer upload that stands there is an operation of its own.
            await storage.Uploads.DeleteAsync(input.BlobName, input.SourceETag, cancellationToken).ConfigureAwait(false);
        }

        return EncryptBlobResult.Of(blob, input.Activities);
    }

    /// <summary>Completes a blob that an earlier run committed; null when there is no such blob.</summary>
    /// <exception cref="ForeignBlobException">There is one that pretends to be it.</exception>
    internal async Task<EncryptBlobResult?> FindFinishedAsync(BeginEncryptionInput input, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await reader.DescribeAsync(input.Upload.BlobName, cancellationToken).ConfigureAwait(false);
            if (EnvelopeHeader.Parse(stored.Metadata, stored.Name).BlobId.ToString() != input.BlobId)
            {
                return null;
            }

            var result = await CompleteAsync(CompleteBlobInput.For(input, written: null, activities: 1), cancellationToken).ConfigureAwait(false);
            return result.Outcome == EncryptBlobOutcome.Protected ? result : null;
        }
        catch (Exception exception) when (exception is BlobNotFoundException or MalformedEnvelopeException or UnsupportedEnvelopeVersionException)
        {
            return null;
        }
    }

    private async Task VerifyAsync(OpenedBlob blob, CancellationToken cancellationToken)
    {
        var chunks = blob.Envelope.Layout.ChunkCount;
        IEnumerable<long> wanted = options.Verification == VerificationScope.All || chunks <= 3
            ? Enumerable.Range(0, (int)chunks).Select(index => (long)index)
            : [0, 1 + RandomNumberGenerator.GetInt32((int)Math.Min(int.MaxValue, chunks - 2)), chunks - 1];
        foreach (var index in wanted)
        {
            using var buffer = await pools.For(1).RentAsync(cancellationToken).ConfigureAwait(false);
            await blob.Envelope.ReadChunkAsync(index, buffer.Memory, cancellationToken).ConfigureAwait(false);
        }
    }
}
