using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Plans a new encryption; a blob that fits a single segment is done here and now, in one activity.</summary>
public sealed class BeginReencryption(
    ProtectedBlobReader reader,
    BlobRecords records,
    BranchKeyRing branches,
    BlobReencryptor reencryptor)
    : Activity<BeginReencryptionInput, BeginReencryptionResult>
{
    public const string Name = "BeginReencryption";

    /// <inheritdoc/>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    /// <exception cref="EnvelopeException">The blob is not intact; encrypting it anew must not make it look so.</exception>
    /// <exception cref="ForeignBlobException">The ledger does not know it; the same holds.</exception>
    /// <exception cref="BlobLockedException">The blob is in the archive tier or locked.</exception>
    /// <exception cref="UnprotectableUploadException">It is longer than the pipeline writes.</exception>
    public override async Task<BeginReencryptionResult> RunAsync(BeginReencryptionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await using var blob = await reader.OpenAsync(input.Blob.BlobName, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
        var header = blob.Header;
        if (header.BlobId.ToString() == input.BlobId || input.Blob.Scope?.Holds(header.Wrapping.KeyId, header.Branch) == false)
        {
            // An earlier run of this very activity did it and died before its answer was recorded; or somebody else did meanwhile.
            return new BeginReencryptionResult(null, await reencryptor.CompleteAsync(input.OperationId, input.Blob.BlobName, written: null, cancellationToken).ConfigureAwait(false));
        }

        if (await records.StandingOfAsync(input.Blob.BlobName, header, cancellationToken).ConfigureAwait(false) == BlobStanding.Unknown)
        {
            throw BlobRecords.Foreign(input.Blob.BlobName);
        }

        if (blob.Stored.IsArchived)
        {
            throw new BlobLockedException($"'{input.Blob.BlobName}' is in the archive tier; rehydrate it first.");
        }

        var plan = await PlanAsync(input, blob, cancellationToken).ConfigureAwait(false);
        if (plan.Segments > 1)
        {
            return new BeginReencryptionResult(plan, null);
        }

        var segments = new List<SegmentResult>();
        for (var segment = 0; segment < plan.Segments; segment++)
        {
            segments.Add(await reencryptor.ReencryptSegmentAsync(plan, segment, cancellationToken).ConfigureAwait(false));
        }

        return new BeginReencryptionResult(null, await reencryptor.CommitAsync(plan, segments, cancellationToken).ConfigureAwait(false));
    }

    private async Task<EnvelopePlan> PlanAsync(BeginReencryptionInput input, OpenedBlob blob, CancellationToken cancellationToken)
    {
        using var branch = await branches.GetCurrentAsync(blob.Header.Wrapping.KeyId.Name, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
        var length = blob.Envelope.Layout.PlaintextLength;
        if (length > EnvelopePlan.MaxPlaintextLength)
        {
            throw new UnprotectableUploadException($"'{input.Blob.BlobName}' has {length} bytes; at most {EnvelopePlan.MaxPlaintextLength} can be encrypted anew as one blob.");
        }

        // In chunks of the standard size, whatever they were: else the number of requests and segments would be of others' choosing.
        var target = new WriteTarget(
            input.OperationId,
            input.Blob.BlobName,
            blob.ETag.ToString(),
            input.BlobId,
            blob.Header.WrittenOn,
            BlobChange.Reencrypt,
            BlobState.Of(blob.Header).Mac);
        return ProtectedBlobWriter.Plan(target, EnvelopePlan.LayOut(length, EnvelopePlan.StandardChunkSizeInBytes), blob.Stored.Metadata, branch);
    }
}
