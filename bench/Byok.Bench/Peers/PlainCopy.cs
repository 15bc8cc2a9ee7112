using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Envelope;
using Byok.Storage;

namespace Byok.Bench.Peers;

/// <summary>The same copy without encryption: ranges of 4 MiB into pooled buffers, staged, committed.</summary>
internal sealed class PlainCopy(StorageAccount storage, int workers)
{
    private const int Chunk = 4 * 1024 * 1024;

    private readonly ChunkBufferPool _pool = new(Chunk, workers);

    public async Task CopyAsync(string name, string sourceETag, long length)
    {
        var source = new BlobRangeSource(storage.Uploads.Client.GetBlobClient(name), new Azure.ETag(sourceETag), length);
        var target = storage.Protected.Client.GetBlockBlobClient(name);
        var ids = Enumerable.Range(0, (int)((length + Chunk - 1) / Chunk)).Select(index => Convert.ToBase64String(BitConverter.GetBytes(index))).ToArray();
        await Parallel.ForAsync(0, ids.Length, new ParallelOptions { MaxDegreeOfParallelism = workers }, async (index, stop) =>
        {
            using var buffer = await _pool.RentAsync(stop).ConfigureAwait(false);
            var content = buffer.Memory[..(int)Math.Min(Chunk, length - ((long)index * Chunk))];
            await source.ReadAsync((long)index * Chunk, content, stop).ConfigureAwait(false);
            using var stream = BinaryData.FromBytes(content).ToStream();
            await target.StageBlockAsync(ids[index], stream, cancellationToken: stop).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await target.CommitBlockListAsync(ids, new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = Azure.ETag.All } }).ConfigureAwait(false);
    }
}
