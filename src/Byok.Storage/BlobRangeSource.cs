using System.Net;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Storage;

/// <summary>Ranges of one version (ETag) of a blob. A blob that changes meanwhile ends the reading, it is never mixed.</summary>
public sealed class BlobRangeSource : IRangeSource, IDisposable
{
    private readonly BlobBaseClient _blob;
    private readonly ETag _etag;
    private BlobDownloadStreamingResult? _start;

    /// <summary>Reads a blob as of an ETag.</summary>
    public BlobRangeSource(BlobBaseClient blob, ETag etag, long length)
    {
        ArgumentNullException.ThrowIfNull(blob);
        _blob = blob;
        _etag = etag;
        Length = length;
    }

    private BlobRangeSource(BlobBaseClient blob, BlobDownloadStreamingResult start, long length)
        : this(blob, start.Details.ETag, length) => _start = start;

    /// <summary>
    /// Describes a blob and begins to read it with one request: the first read that begins at its start, and is not longer than asked for here,
    /// takes what has come with the description.
    /// </summary>
    /// <param name="length">How long the first read will be, in bytes, at most.</param>
    /// <returns>The blob as the service describes it, without its tier, and its ranges.</returns>
    /// <exception cref="BlobNotFoundException">No such blob.</exception>
    public static Task<(ProtectedBlob Stored, BlobRangeSource Source)> OpenAtStartAsync(
        BlobBaseClient blob, string name, int length, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return StorageFailures.TranslateAsync($"{blob.BlobContainerName}/{name}", async () =>
        {
            try
            {
                var options = new BlobDownloadOptions { Range = new HttpRange(0, length) };
                BlobDownloadStreamingResult start = await blob.DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false);
                var stored = ProtectedBlob.From(name, start.Details);
                return (stored, new BlobRangeSource(blob, start, stored.Length));
            }
            catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                // It is empty.
                var stored = ProtectedBlob.From(name, await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false));
                return (stored, new BlobRangeSource(blob, stored.ETag, stored.Length));
            }
        });
    }

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
            using var result = TakeStart(offset, destination.Length) ?? await RequestAsync(offset, destination.Length, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Ends what was begun and not read. The client stays the caller's.</summary>
    public void Dispose() => Interlocked.Exchange(ref _start, null)?.Dispose();

    /// <summary>What came with the description, once, when it is what is asked for.</summary>
    private BlobDownloadStreamingResult? TakeStart(long offset, int length) =>
        offset == 0 && _start?.Details.ContentLength >= length ? Interlocked.Exchange(ref _start, null) : null;

    private async Task<BlobDownloadStreamingResult> RequestAsync(long offset, int length, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(offset, length),
            Conditions = new BlobRequestConditions { IfMatch = _etag },
        };
        return await _blob.DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false);
    }
}
