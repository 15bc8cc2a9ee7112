using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Xml.Linq;

namespace Byok.Bench.Stack;

/// <summary>
/// A blob service that costs as little as can be: uploads are read to their end and forgotten, and answered at once; sources are
/// zeros of any length. Of what is staged it keeps only tail tables and a few blocks at random, so that a blob larger than memory can be
/// written through the real path and then read where it was kept.
/// </summary>
/// <param name="sourceLength">Length of every blob that was not written, in bytes.</param>
/// <param name="keepOneIn">Keeps one block of so many; 0 keeps none.</param>
internal sealed class NullBlobStore(long sourceLength, int keepOneIn = 0) : HttpMessageHandler
{
    /// <summary>Blocks as small as this are tables, and always kept.</summary>
    private const int TableLength = 256 * 1024;

    /// <summary>The ETag of everything.</summary>
    public const string ETag = "\"0x8DD000000000000\"";
    private static readonly ReadOnlyMemory<byte> Zeros = new byte[4 * 1024 * 1024];

    private readonly ConcurrentDictionary<string, StagedBlock> _staged = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WrittenBlob> _blobs = new(StringComparer.Ordinal);
    private long _bytesSwallowed;

    /// <summary>Bytes of content that were sent here.</summary>
    public long BytesSwallowed => Interlocked.Read(ref _bytesSwallowed);

    /// <summary>Offsets and lengths of the kept blocks of a written blob that are no tables.</summary>
    public IEnumerable<(long Offset, long Length)> KeptBlocks(string path) =>
        _blobs[path].Blocks.Where(block => block.Content is not null && block.Length > TableLength).Select(block => (block.Offset, block.Length));

    /// <summary>Path of a blob in this store, as <see cref="KeptBlocks"/> wants it.</summary>
    public static string PathOf(Uri blob) => blob.AbsolutePath;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var query = request.RequestUri.Query;
        if (request.Method == HttpMethod.Put)
        {
            if (query.Contains("comp=blocklist", StringComparison.Ordinal))
            {
                await CommitAsync(path, request, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await SwallowAsync(query, request, cancellationToken).ConfigureAwait(false);
            }

            return Describe(new HttpResponseMessage(HttpStatusCode.Created) { Content = new ByteArrayContent([]) }, request);
        }

        if (request.Method == HttpMethod.Head)
        {
            return Head(path, request);
        }

        return request.Method == HttpMethod.Get
            ? Get(path, request)
            : Describe(new HttpResponseMessage(HttpStatusCode.Accepted) { Content = new ByteArrayContent([]) }, request);
    }

    private async Task SwallowAsync(string query, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var length = request.Content!.Headers.ContentLength ?? 0;
        var block = query.Split('&', '?').FirstOrDefault(part => part.StartsWith("blockid=", StringComparison.Ordinal));
        var keep = block is not null && keepOneIn > 0 && (length <= TableLength || RandomNumberGenerator.GetInt32(keepOneIn) == 0);
        byte[]? kept = null;
        if (keep)
        {
            kept = new byte[length];
            await request.Content.CopyToAsync(new MemoryStream(kept), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await request.Content.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
        }

        Interlocked.Add(ref _bytesSwallowed, length);
        if (keepOneIn > 0 && block is not null)
        {
            _staged[Uri.UnescapeDataString(block["blockid=".Length..])] = new StagedBlock(0, length, kept);
        }
    }

    private async Task CommitAsync(string path, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        if (keepOneIn == 0)
        {
            await body.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            return;
        }

        var list = await XDocument.LoadAsync(body, LoadOptions.None, cancellationToken).ConfigureAwait(false);
        var blocks = new List<StagedBlock>();
        var offset = 0L;
        foreach (var id in list.Root!.Elements().Select(element => element.Value))
        {
            blocks.Add(_staged[id] with { Offset = offset });
            offset += _staged[id].Length;
        }

        var metadata = request.Headers.Where(header => header.Key.StartsWith("x-ms-meta-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key, header => header.Value.Single());
        _blobs[path] = new WrittenBlob(offset, metadata, blocks);
    }

    private HttpResponseMessage Head(string path, HttpRequestMessage request)
    {
        var response = Describe(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) }, request);
        response.Headers.TryAddWithoutValidation("x-ms-blob-type", "BlockBlob");
        response.Content.Headers.ContentLength = sourceLength;
        if (_blobs.TryGetValue(path, out var blob))
        {
            response.Content.Headers.ContentLength = blob.Length;
            foreach (var (name, value) in blob.Metadata)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    private HttpResponseMessage Get(string path, HttpRequestMessage request)
    {
        var total = _blobs.TryGetValue(path, out var blob) ? blob.Length : sourceLength;
        var (from, to) = RangeOf(request, total);
        var length = to - from + 1;
        HttpContent content = blob?.Read(from, length) is { } kept
            ? new ByteArrayContent(kept)
            : length <= Zeros.Length ? new ReadOnlyMemoryContent(Zeros[..(int)length]) : new StreamContent(new ZeroStream(length));
        var response = Describe(new HttpResponseMessage(HttpStatusCode.PartialContent) { Content = content }, request);
        response.Headers.TryAddWithoutValidation("x-ms-blob-type", "BlockBlob");
        content.Headers.ContentLength = length;
        content.Headers.ContentRange = new ContentRangeHeaderValue(from, to, total);
        return response;
    }

    private static (long From, long To) RangeOf(HttpRequestMessage request, long total)
    {
        var value = request.Headers.TryGetValues("x-ms-range", out var values) ? values.Single() : request.Headers.Range?.ToString();
        if (value is null)
        {
            return (0, total - 1);
        }

        var ends = value["bytes=".Length..].Split('-');
        return (long.Parse(ends[0], CultureInfo.InvariantCulture), ends[1].Length == 0 ? total - 1 : Math.Min(total - 1, long.Parse(ends[1], CultureInfo.InvariantCulture)));
    }

    private static HttpResponseMessage Describe(HttpResponseMessage response, HttpRequestMessage request)
    {
        response.RequestMessage = request;
        response.Headers.TryAddWithoutValidation("ETag", ETag);
        response.Headers.TryAddWithoutValidation("x-ms-request-id", "00000000-0000-0000-0000-000000000000");
        response.Content.Headers.TryAddWithoutValidation("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
        return response;
    }

    private sealed record StagedBlock(long Offset, long Length, byte[]? Content);

    private sealed record WrittenBlob(long Length, Dictionary<string, string> Metadata, List<StagedBlock> Blocks)
    {
        /// <summary>A range, over as many blocks as it takes; null when one of them was not kept.</summary>
        public byte[]? Read(long from, long length)
        {
            var content = new byte[length];
            foreach (var block in Blocks.Where(block => block.Offset < from + length && from < block.Offset + block.Length))
            {
                if (block.Content is null)
                {
                    return null;
                }

                var (start, end) = (Math.Max(from, block.Offset), Math.Min(from + length, block.Offset + block.Length));
                block.Content.AsSpan((int)(start - block.Offset), (int)(end - start)).CopyTo(content.AsSpan((int)(start - from)));
            }

            return content;
        }
    }
}
