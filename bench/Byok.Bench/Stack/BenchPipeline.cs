using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Keys;
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

    public BenchPipeline(StorageAccount storage, PipelineOptions? options = null)
    {
        Storage = storage;
        Key = Vault.AddActiveKey(KeyName, 3072);
        Catalog = new TestPipeline(
            Vault, null, storage, new BlobLedger(storage.Ledger, TimeProvider.System), (options ?? new PipelineOptions()) with { DefaultKey = KeyName }, TimeProvider.System);
    }

    public StorageAccount Storage { get; }

    public InMemoryVault Vault { get; } = new();

    public VaultKey Key { get; }

    public TestPipeline Catalog { get; }

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
        using var dek = DataEncryptionKey.Generate();
        var wrapped = dek.WrapWith(Key.PublicKey!);
        Catalog.Deks.Put(wrapped, dek);
        var plan = new EncryptionPlan(sourceETag, new EnvelopePlan
        {
            OperationId = "bench",
            BlobName = name,
            TargetETag = null,
            Change = BlobChange.Encrypt,
            Replaces = null,
            BlobId = BlobId.New().ToString(),
            Generation = 1,
            PlaintextLength = length,
            ChunkSizeInBytes = chunkSize,
            ChunksPerSegment = chunksPerSegment ?? chunks,
            ChunksPerBlock = 1,
            TableInTail = chunks > 100,
            KeyId = Key.Id,
            KeyThumbprint = Key.PublicKey!.Thumbprint,
            WrappedDek = wrapped,
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
