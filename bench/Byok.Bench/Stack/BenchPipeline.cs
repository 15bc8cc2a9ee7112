using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Pipeline;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;
using Byok.Storage.Ledger;
using Byok.Testing;

namespace Byok.Bench.Stack;

/// <summary>The pipeline over a storage, with a vault in memory that unwraps for real (RSA-3072) and the real ledger.</summary>
internal sealed class BenchPipeline : IDisposable
{
    public const string KeyName = "customer-key";

    private BenchPipeline(StorageAccount storage, PipelineOptions? options)
    {
        Storage = storage;
        Catalog = new TestPipeline(
            Vault, null, storage, new BlobLedger(storage.Ledger, TimeProvider.System), (options ?? new PipelineOptions()) with { DefaultKey = KeyName }, TimeProvider.System);
    }

    public StorageAccount Storage { get; }

    public InMemoryVault Vault { get; } = new();

    public TestPipeline Catalog { get; }

    /// <summary>A pipeline with a key in its vault, and a branch of that.</summary>
    public static async Task<BenchPipeline> CreateAsync(StorageAccount storage, PipelineOptions? options = null)
    {
        var pipeline = new BenchPipeline(storage, options);
        await pipeline.Vault.AddPinnedKeyAsync(storage, KeyName, sizeInBits: 3072).ConfigureAwait(false);
        return pipeline;
    }

    /// <summary>
    /// A whole blob through the pipeline's own steps, without an engine: all of it one segment, so that as many chunks are under way throughout as
    /// <see cref="Byok.Client.ClientOptions.ChunksInFlight"/> says.
    /// </summary>
    /// <param name="name">The blob's name.</param>
    /// <param name="sourceETag">The upload's ETag.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="chunksPerSegment">Chunks of a segment; null for all of them.</param>
    public async Task CopyEncryptedAsync(string name, string sourceETag, long length, int? chunksPerSegment = null)
    {
        const int chunkSize = EnvelopePlan.StandardChunkSizeInBytes;
        var chunks = (int)((length + chunkSize - 1) / chunkSize);
        using var branch = await Catalog.Branches.GetCurrentAsync(KeyName, PinFreshness.Cached, CancellationToken.None).ConfigureAwait(false);
        using var dek = DataEncryptionKey.Generate();
        var blobId = BlobId.New();
        var plan = new EncryptionPlan(sourceETag, new EnvelopePlan
        {
            OperationId = "bench",
            BlobName = name,
            TargetETag = null,
            Change = BlobChange.Encrypt,
            Replaces = null,
            BlobId = blobId.ToString(),
            ReplacedWrittenOn = null,
            PlaintextLength = length,
            ChunkSizeInBytes = chunkSize,
            ChunksPerSegment = chunksPerSegment ?? chunks,
            ChunksPerBlock = 1,
            TableInTail = chunks > 100,
            Branch = branch.Key.Name,
            Wrapping = branch.Wrapping,
            SealedDek = branch.Key.SealDek(dek, blobId),
        });
        var results = new List<SegmentResult>();
        for (var segment = 0; segment < plan.Envelope.Segments; segment++)
        {
            results.Add(await Catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, segment), CancellationToken.None).ConfigureAwait(false));
        }

        await Catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, results), CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Catalog.Dispose();
        Vault.Dispose();
    }
}
