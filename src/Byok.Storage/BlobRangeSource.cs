using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Storage;

/// <summary>Ranges of one version (ETag) of a blob. A blob that changes meanwhile ends the reading, it is never mixed.</summary>
public sealed class BlobRangeSource : IRangeSource
{
    private readonly BlobBaseClient _blob;
    private readonly ETag _etag;

    /// <summary>Reads a blob as of an ETag.</summary>
    public BlobRangeSource(BlobBaseClient blob, ETag etag, long length)
    {
        ArgumentNullException.ThrowIfNull(blob);
        _blob = blob;
        _etag = etag;
        Length = length;
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    /// <exception cref="ConcurrentWriteException">The blob was overwritten since it was opened.</exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        if (offset < 0 || offset + destination.Length > Length)
        {
            throw new IntegrityException($"'{_blob.Name}' holds {Length} bytes, fewer than its header promises.");
        }

        await StorageFailures.TranslateAsync(_blob.Name, async () =>
        {
            var options = new BlobDownloadOptions
            {
                Range = new HttpRange(offset, destination.Length),
                Conditions = new BlobRequestConditions { IfMatch = _etag },
            };
            using BlobDownloadStreamingResult result = await _blob.DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false);
            try
            {
                await result.Content.ReadExactlyAsync(destination, cancellationToken).ConfigureAwait(false);
            }
            catch (EndOfStreamException exception)
            {
                throw new ServiceUnavailableException($"Storage sent fewer bytes of '{_blob.Name}' than asked for.", exception);
            }

            return true;
        }).ConfigureAwait(false);
    }
}
