using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Byok.Bench.Stack;

namespace Byok.Bench.Peers;

/// <summary>The same copy through Azure client-side encryption v2: the source as a stream read 4 MiB at a time, uploaded in blocks of 4 MiB.</summary>
internal sealed class CseCopy : IDisposable
{
    private const int Chunk = 4 * 1024 * 1024;

    private readonly LocalKey _key = new();
    private readonly BenchStorage _storage;
    private readonly BlobContainerClient _target;
    private readonly int _workers;

    public CseCopy(BenchStorage storage, int workers)
    {
        _storage = storage;
        _workers = workers;
        _target = storage.OpenEncrypting(
            new ClientSideEncryptionOptions(ClientSideEncryptionVersion.V2_0) { KeyEncryptionKey = _key, KeyResolver = _key, KeyWrapAlgorithm = LocalKey.Algorithm },
            storage.Counter);
    }

    public async Task CopyAsync(string name, string sourceETag)
    {
        var reading = new BlobOpenReadOptions(allowModifications: false) { BufferSize = Chunk, Conditions = new BlobRequestConditions { IfMatch = new ETag(sourceETag) } };
        var source = await _storage.Account.Uploads.Client.GetBlobClient(name).OpenReadAsync(reading).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            await UploadAsync(name, source).ConfigureAwait(false);
        }
    }

    public Task UploadAsync(string name, Stream content) => _target.GetBlobClient(name).UploadAsync(content, new BlobUploadOptions
    {
        Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
        TransferOptions = new StorageTransferOptions { InitialTransferSize = Chunk, MaximumTransferSize = Chunk, MaximumConcurrency = _workers },
    });

    public void Dispose() => _key.Dispose();
}
