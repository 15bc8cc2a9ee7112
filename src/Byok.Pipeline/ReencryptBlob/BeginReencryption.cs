using Azure.Storage.Blobs.Models;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.Keys;
using Byok.Pipeline.Reading;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Plans a new encryption; a blob that fits a single segment is done here and now, in one activity.</summary>
public sealed class BeginReencryption(
    ProtectedBlobReader reader, IKeyVault vault, WrappingKeyRing keys, DekCache deks, ReencryptSegment reencryptSegment, CommitReencryption commit)
    : Activity<BeginReencryptionInput, ReencryptionBegun>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "BeginReencryption";

    /// <summary>Most blocks of a blob (Azure Storage, "Scalability and performance targets for Blob storage").</summary>
    private const int MaxBlocks = 50_000;

    /// <inheritdoc/>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    /// <exception cref="EnvelopeException">The blob is not intact; encrypting it anew must not make it look so.</exception>
    /// <exception cref="ConflictException">The blob is in the archive tier or locked.</exception>
    public override async Task<ReencryptionBegun> RunAsync(BeginReencryptionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await using var blob = await reader.OpenAsync(input.Blob.BlobName, DekSource.Cache, cancellationToken).ConfigureAwait(false);
        var header = blob.Header;
        if (header.BlobId.ToString() == input.BlobId || header.KeyId == input.Blob.KeyId)
        {
            // An earlier run of this very activity did it and died before its answer was recorded; or somebody else did meanwhile.
            return new ReencryptionBegun(null, await commit.CompleteAsync(input.OperationId, input.Blob.BlobName, cancellationToken).ConfigureAwait(false));
        }

        if (blob.Stored.AccessTier == AccessTier.Archive.ToString())
        {
            throw new ConflictException($"'{input.Blob.BlobName}' is in the archive tier; rehydrate it first.");
        }

        var plan = await PlanAsync(input, blob, cancellationToken).ConfigureAwait(false);
        if (plan.Segments > 1)
        {
            return new ReencryptionBegun(plan, null);
        }

        var segments = new List<SegmentResult>();
        for (var segment = 0; segment < plan.Segments; segment++)
        {
            segments.Add(await reencryptSegment.RunAsync(new ReencryptSegmentInput(plan, segment), cancellationToken).ConfigureAwait(false));
        }

        return new ReencryptionBegun(null, await commit.RunAsync(new CommitReencryptionInput(plan, segments), cancellationToken).ConfigureAwait(false));
    }

    private async Task<ReencryptionPlan> PlanAsync(BeginReencryptionInput input, OpenedBlob blob, CancellationToken cancellationToken)
    {
        var key = input.Blob.KeyId is { } id
            ? await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false)
            : await keys.GetCurrentAsync(blob.Header.KeyId.Name, cancellationToken).ConfigureAwait(false);
        var publicKey = key.PublicKey ?? throw new VaultException($"The vault gave no RSA public key for {key.Id}.");
        var old = blob.Header.Layout;
        var chunksPerSegment = (int)Math.Max(EncryptionPlan.MinChunksPerSegment, DivideUp(old.ChunkCount, EncryptionPlan.MaxSegments));
        var layout = new BlobLayout(old.PlaintextLength, old.ChunkSizeInBytes, chunksPerSegment);

        using var dek = DataEncryptionKey.Generate();
        var wrapped = dek.WrapWith(publicKey);
        deks.Put(wrapped, dek);
        return new ReencryptionPlan
        {
            OperationId = input.OperationId,
            BlobName = input.Blob.BlobName,
            ETag = blob.ETag.ToString(),
            PlaintextLength = old.PlaintextLength,
            ChunkSizeInBytes = old.ChunkSizeInBytes,
            ChunksPerSegment = chunksPerSegment,
            ChunksPerBlock = (int)Math.Max(1, DivideUp(old.ChunkCount, MaxBlocks - (2 * EncryptionPlan.MaxSegments))),
            TableInTail = MetadataBudget.Place(layout, blob.Stored.Metadata) == TablePlacement.Tail,
            BlobId = input.BlobId,
            Generation = blob.Header.Generation + 1,
            KeyId = key.Id,
            KeyThumbprint = publicKey.Thumbprint,
            WrappedDek = wrapped,
        };
    }

    private static long DivideUp(long value, long divisor) => (value + divisor - 1) / divisor;
}

/// <summary>Which blob to plan.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="BlobId">The envelope's new blob id, base64url.</param>
/// <param name="Blob">What was asked for.</param>
public sealed record BeginReencryptionInput(string OperationId, string BlobId, ReencryptBlobInput Blob);

/// <summary>Either a plan to fan out, or the result when all is done.</summary>
/// <param name="Plan">The plan; null when all is done.</param>
/// <param name="Result">The result; null when there is a plan.</param>
public sealed record ReencryptionBegun(ReencryptionPlan? Plan, ReencryptBlobResult? Result);
