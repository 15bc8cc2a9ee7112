using System.Security.Cryptography;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.Keys;
using Byok.Pipeline.Reading;
using Byok.Storage;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Encrypts one segment anew: each chunk is opened with its old BEK and sealed under a fresh one in the same buffer, and staged.</summary>
public sealed class ReencryptSegment(StorageAccount storage, ProtectedBlobReader reader, DekCache deks, ChunkBufferPools pools, PipelineOptions options)
    : Activity<ReencryptSegmentInput, SegmentResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "ReencryptSegment";

    /// <inheritdoc/>
    /// <exception cref="ConcurrentWriteException">The blob was written meanwhile.</exception>
    public override async Task<SegmentResult> RunAsync(ReencryptSegmentInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var plan = input.Plan;
        await using var blob = await reader.OpenAsync(plan.BlobName, DekSource.Cache, cancellationToken).ConfigureAwait(false);
        if (blob.ETag.ToString() != plan.ETag)
        {
            throw new ConcurrentWriteException($"'{plan.BlobName}' was written by somebody else while it was encrypted anew.");
        }

        using var dek = await deks.GetAsync(plan.KeyId, plan.WrappedDek, cancellationToken).ConfigureAwait(false);
        using var keys = dek.DeriveFor(BlobId.Parse(plan.BlobId));
        var layout = plan.Layout;
        var firstChunk = layout.FirstChunkOfTableSegment(input.Segment);
        var chunks = layout.ChunkCountOfTableSegment(input.Segment);
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
                using var rented = await pools.For(count).RentAsync(stop).ConfigureAwait(false);
                var length = 0;
                for (var i = 0; i < count; i++)
                {
                    var index = firstChunk + first + i;
                    var chunk = rented.Memory.Slice(length, layout.StoredChunkLength(index));
                    await blob.Envelope.ReadChunkAsync(index, chunk, stop).ConfigureAwait(false);
                    Seal(plan, layout, index, chunk, beks.AsMemory((first + i) * EnvelopeFormat.KeySizeInBytes, EnvelopeFormat.KeySizeInBytes));
                    length += chunk.Length;
                }

                await StageAsync(plan, BlockIds.ForData(attemptId, input.Segment, block), rented.Memory[..length], stop).ConfigureAwait(false);
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

    private static void Seal(ReencryptionPlan plan, BlobLayout layout, long index, Memory<byte> chunk, Memory<byte> bek) =>
        new ChunkCipher(BlobId.Parse(plan.BlobId), layout).Seal(index, chunk.Span, bek.Span);

    private async Task StageAsync(ReencryptionPlan plan, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var stream = BinaryData.FromBytes(content).ToStream();
        await StorageFailures.TranslateAsync(
            $"{storage.Protected.Name}/{plan.BlobName}",
            () => storage.Protected.GetBlockBlobClient(plan.BlobName).StageBlockAsync(blockId, stream, cancellationToken: cancellationToken)).ConfigureAwait(false);
    }
}

/// <summary>Which segment to encrypt anew.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segment">The segment's number.</param>
public sealed record ReencryptSegmentInput(ReencryptionPlan Plan, int Segment);
