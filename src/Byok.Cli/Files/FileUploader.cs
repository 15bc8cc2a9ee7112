using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;

namespace Byok.Cli.Files;

/// <summary>Puts a file into the uploads container, as any client would, under a mark by which it is found again.</summary>
internal sealed class FileUploader(StorageAccount storage)
{
    /// <summary>An upload of the same file that is complete already; null when there is none.</summary>
    /// <returns>Its ETag.</returns>
    public Task<string?> FindAsync(string name, string fingerprint, string? key, CancellationToken cancellationToken) =>
        FindAsync(name, fingerprint, anyKey: false, key, cancellationToken);

    /// <summary>Uploads a file.</summary>
    /// <returns>The upload's ETag.</returns>
    public async Task<string> UploadAsync(
        FileStream source, string name, string? key, string fingerprint, Action<string, long, long> report, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string> { [UploadMetadata.Mark] = fingerprint };
        if (key is not null)
        {
            metadata[UploadMetadata.Key] = key;
        }

        source.Position = 0;
        var progress = new SynchronousProgress<long>(done => report("uploading", done, source.Length));
        return await storage.Uploads.PutAsync(name, source, metadata, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes an upload that carries our mark; leaves any other alone.</summary>
    public async Task DeleteAsync(string name, string fingerprint)
    {
        try
        {
            if (await FindAsync(name, fingerprint, anyKey: true, null, CancellationToken.None).ConfigureAwait(false) is { } etag)
            {
                await storage.Uploads.DeleteAsync(name, etag, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (ByokException)
        {
            // The failure that brought us here is the one to tell; the audit finds plaintext that is left over.
        }
    }

    private async Task<string?> FindAsync(string name, string fingerprint, bool anyKey, string? key, CancellationToken cancellationToken)
    {
        try
        {
            var upload = await storage.Uploads.FindAsync(name, etag: null, cancellationToken).ConfigureAwait(false);
            return upload.Metadata.GetValueOrDefault(UploadMetadata.Mark) == fingerprint && (anyKey || upload.Metadata.GetValueOrDefault(UploadMetadata.Key) == key)
                ? upload.ETag
                : null;
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }
}
