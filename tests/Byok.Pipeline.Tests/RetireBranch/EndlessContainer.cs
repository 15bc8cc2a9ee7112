using System.Collections;
using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Byok.Pipeline.Tests.RetireBranch;

/// <summary>
/// A storage service of a great many protected blobs that are nowhere: it makes up each page of the listing as it is asked for, and keeps one
/// bit a blob, whether its metadata was written. So what is measured is our memory, not an emulator's.
/// </summary>
internal sealed class EndlessContainer(int blobs) : HttpMessageHandler
{
    private readonly BitArray _moved = new(blobs);
    private readonly Lock _lock = new();
    private Dictionary<string, string> _newMetadata = [];
    private readonly ConcurrentDictionary<string, byte[]> _documents = new(StringComparer.Ordinal);

    /// <summary>The metadata of all blobs that were not moved.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; set; } = new Dictionary<string, string>();

    public int Writes { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var query = request.RequestUri!.Query;
        if (query.Contains("comp=list", StringComparison.Ordinal))
        {
            return Answer(HttpStatusCode.OK, new StringContent(List(query), Encoding.UTF8, "application/xml"));
        }

        if (query.Contains("comp=metadata", StringComparison.Ordinal))
        {
            Write(request);
            return Answer(HttpStatusCode.OK);
        }

        // What is left are claims and the records of branches.
        if (request.Method == HttpMethod.Put)
        {
            _documents[request.RequestUri.AbsolutePath] = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            return Answer(HttpStatusCode.Created);
        }

        return _documents.TryGetValue(request.RequestUri.AbsolutePath, out var document) ? Answer(HttpStatusCode.OK, new ByteArrayContent(document)) : Answer(HttpStatusCode.NotFound);
    }

    private void Write(HttpRequestMessage request)
    {
        lock (_lock)
        {
            Writes++;
            _newMetadata = request.Headers
                .Where(header => header.Key.StartsWith("x-ms-meta-", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key["x-ms-meta-".Length..], header => header.Value.First());
            _moved[int.Parse(request.RequestUri!.Segments[^1])] = true;
        }
    }

    private string List(string query)
    {
        var parameters = query.TrimStart('?').Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        var first = parameters.TryGetValue("marker", out var marker) ? int.Parse(marker) : 0;
        var count = Math.Min(parameters.TryGetValue("maxresults", out var size) ? int.Parse(size) : 5000, blobs - first);
        var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"http://endless.test/\" ContainerName=\"protected\"><Blobs>");
        lock (_lock)
        {
            for (var number = first; number < first + count; number++)
            {
                xml.Append($"<Blob><Name>{number}</Name><Properties><Last-Modified>Tue, 01 Jan 2030 00:00:00 GMT</Last-Modified><Etag>0x{number:X}</Etag><Content-Length>32</Content-Length><BlobType>BlockBlob</BlobType></Properties><Metadata>");
                foreach (var (name, value) in _moved[number] ? _newMetadata : Metadata)
                {
                    xml.Append($"<{name}>{value}</{name}>");
                }

                xml.Append("</Metadata></Blob>");
            }
        }

        return xml.Append("</Blobs><NextMarker>").Append(first + count < blobs ? $"{first + count}" : string.Empty).Append("</NextMarker></EnumerationResults>").ToString();
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, HttpContent? content = null)
    {
        var response = new HttpResponseMessage(status) { Content = content ?? new ByteArrayContent([]) };
        response.Headers.TryAddWithoutValidation("ETag", "\"0x1\"");
        response.Content.Headers.LastModified = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return response;
    }
}
