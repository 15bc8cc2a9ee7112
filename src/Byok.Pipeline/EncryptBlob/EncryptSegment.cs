using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>
/// Encrypts one segment: reads the upload's range chunk by chunk, seals each under a fresh BEK in place, stages the blocks, and seals
/// the BEKs into the segment's part of the table. BEKs are drawn in each attempt and leave it sealed only.
/// </summary>
public sealed class EncryptSegment(StorageAccount storage, DekCache deks, ChunkBufferPools pools, PipelineOptions options) : Activity<SegmentInput, SegmentResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "EncryptSegment";

    /// <inheritdoc/>
    /// <exception cref="SourceChangedException">The upload was overwritten or deleted meanwhile.</exception>
    public override async Task<SegmentResult> RunAsync(SegmentInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var plan = input.Plan;
        using var dek = await deks.GetAsync(plan.KeyId, plan.WrappedDek, cancellationToken).ConfigureAwait(false);
        using var keys = dek.DeriveFor(BlobId.Parse(plan.BlobId));
        var layout = plan.Layout;
        var firstChunk = (long)input.Segment * plan.ChunksPerSegment;
        var chunks = (int)Math.Min(plan.ChunksPerSegment, layout.ChunkCount - firstChunk);
        var attemptId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var beks = GC.AllocateArray<byte>(chunks * EnvelopeFormat.KeySizeInBytes, pinned: true);
        try
        {
            var blocks = (chunks + plan.ChunksPerBlock - 1) / plan.ChunksPerBlock;
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.ChunksInFlight, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, blocks, parallel, async (block, stop) =>
            {
                var first = block * plan.ChunksPerBlock;
                var count = Math.Min(plan.ChunksPerBlock, chunks - first);
                await EncryptBlockAsync(input, layout, attemptId, block, firstChunk + first, count, beks.AsMemory(first * EnvelopeFormat.KeySizeInBytes), stop).ConfigureAwait(false);
            }).ConfigureAwait(false);

            var table = BekTable.SealSegment(keys, layout, input.Segment, beks);
            if (!plan.TableInTail)
            {
                return new SegmentResult(input.Segment, attemptId, table);
            }

            await StageAsync(plan, BlockIds.ForTable(attemptId, input.Segment), table, cancellationToken).ConfigureAwait(false);
            return new SegmentResult(input.Segment, attemptId, null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(beks);
        }
    }

    private async Task EncryptBlockAsync(
        SegmentInput input, BlobLayout layout, string attemptId, int block, long firstChunk, int count, Memory<byte> beks, CancellationToken cancellationToken)
    {
        var plan = input.Plan;
        var source = new BlobRangeSource(storage.Uploads.GetBlobClient(plan.BlobName), new ETag(plan.SourceETag), plan.PlaintextLength);
        var cipher = new ChunkCipher(BlobId.Parse(plan.BlobId), layout);
        using var rented = await pools.For(count).RentAsync(cancellationToken).ConfigureAwait(false);
        var length = 0;
        for (var i = 0; i < count; i++)
        {
            var index = firstChunk + i;
            var sealedChunk = rented.Memory.Slice(length, layout.StoredChunkLength(index));
            var plaintext = sealedChunk[..layout.ChunkLength(index)];
            try
            {
                await source.ReadAsync(index * layout.ChunkSizeInBytes, plaintext, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is BlobNotFoundException or ConcurrentWriteException)
            {
                throw new SourceChangedException($"The upload '{plan.BlobName}' was overwritten or deleted while it was encrypted.", exception);
            }

            cipher.Seal(index, sealedChunk.Span, beks.Span.Slice(i * EnvelopeFormat.KeySizeInBytes, EnvelopeFormat.KeySizeInBytes));
            length += sealedChunk.Length;
        }

        await StageAsync(plan, BlockIds.ForData(attemptId, input.Segment, block), rented.Memory[..length], cancellationToken).ConfigureAwait(false);
    }

    private async Task StageAsync(EncryptionPlan plan, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var stream = BinaryData.FromBytes(content).ToStream();
        await StorageFailures.TranslateAsync(
            $"{storage.Protected.Name}/{plan.BlobName}",
            () => storage.Protected.GetBlockBlobClient(plan.BlobName).StageBlockAsync(blockId, stream, cancellationToken: cancellationToken)).ConfigureAwait(false);
    }
}

/// <summary>Which segment to encrypt.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segment">The segment's number.</param>
public sealed record SegmentInput(EncryptionPlan Plan, int Segment);
