using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;

namespace Byok.Cli.Files;

/// <summary>Puts a file into the uploads container, as any client would, under a mark by which it is found again.</summary>
internal sealed class FileUploader(StorageAccount storage)
{
    private const int BlockSizeInBytes = 8 * 1024 * 1024;

    /// <summary>An upload of the same file that is complete already; null when there is none.</summary>
    /// <returns>Its ETag.</returns>
    public Task<string?> FindAsync(string name, string fingerprint, string? key, CancellationToken cancellationToken) =>
        FindAsync(name, fingerprint, anyKey: false, key, cancellationToken);

    /// <summary>Uploads a file.</summary>
    /// <returns>The upload's ETag.</returns>
    public async Task<string> UploadAsync(
        FileStream source, string name, string? key, string fingerprint, Action<string, long, long> report, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string> { [EncryptionPlanner.UploadMetadata] = fingerprint };
        if (key is not null)
        {
            metadata[EncryptionPlanner.KeyMetadata] = key;
        }

        var options = new BlobUploadOptions
        {
            Metadata = metadata,
            TransferOptions = new StorageTransferOptions { InitialTransferSize = BlockSizeInBytes, MaximumTransferSize = BlockSizeInBytes, MaximumConcurrency = 2 },
            ProgressHandler = new SynchronousProgress<long>(done => report("uploading", done, source.Length)),
        };
        source.Position = 0;
        var uploaded = await StorageFailures.TranslateAsync(
            $"{storage.Uploads.Name}/{name}", () => storage.Uploads.GetBlobClient(name).UploadAsync(source, options, cancellationToken)).ConfigureAwait(false);
        return uploaded.Value.ETag.ToString();
    }

    /// <summary>Deletes an upload that carries our mark; leaves any other alone.</summary>
    public async Task DeleteAsync(string name, string fingerprint)
    {
        try
        {
            if (await FindAsync(name, fingerprint, anyKey: true, null, CancellationToken.None).ConfigureAwait(false) is { } etag)
            {
                var conditions = new BlobRequestConditions { IfMatch = new ETag(etag) };
                await storage.Uploads.GetBlobClient(name).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is ByokException or RequestFailedException)
        {
            // The failure that brought us here is the one to tell; the audit finds plaintext that is left over.
        }
    }

    private async Task<string?> FindAsync(string name, string fingerprint, bool anyKey, string? key, CancellationToken cancellationToken)
    {
        try
        {
            var properties = await StorageFailures.TranslateAsync(
                $"{storage.Uploads.Name}/{name}", () => storage.Uploads.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
            var metadata = properties.Value.Metadata;
            return metadata.TryGetValue(EncryptionPlanner.UploadMetadata, out var mark) && mark == fingerprint
                && (anyKey || (metadata.TryGetValue(EncryptionPlanner.KeyMetadata, out var named) ? named : null) == key)
                ? properties.Value.ETag.ToString()
                : null;
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }
}
