using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security;
using System.Text;
using System.Xml.Linq;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Byok.Storage;

namespace Byok.Testing.Storage;

/// <summary>
/// The blob service behind the real client, in memory: what the pipeline asks of it, with conditions, block lists, append positions and
/// paged listings as the service answers them. A thousand times as quick as the emulator, which the same tests run on as well.
/// </summary>
public sealed class InMemoryBlobService(TimeProvider time) : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, SortedDictionary<string, StoredBlob>> _containers = new(StringComparer.Ordinal);
    private long _etags;

    /// <summary>A client's view of it; what stands between the two may be given.</summary>
    public async Task<StorageAccount> CreateAccountAsync(HttpMessageHandler? network = null, Action<BlobClientOptions>? configure = null)
    {
        var options = StorageAccount.CreateClientOptions(new HttpClientTransport(new HttpClient(network ?? this)));
        configure?.Invoke(options);
        var account = new StorageAccount(new BlobServiceClient(new Uri("https://memory.blob.example/"), options));
        await account.EnsureContainersAsync(CancellationToken.None);
        return account;
    }

    /// <summary>Whether a blob can be read now.</summary>
    public bool Holds(string container, string blob)
    {
        lock (_lock)
        {
            return _containers.TryGetValue(container, out var blobs) && blobs.TryGetValue(blob, out var found) && found.IsCommitted;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        lock (_lock)
        {
            var response = Answer(request, body);
            response.RequestMessage = request;
            response.Headers.TryAddWithoutValidation("x-ms-request-id", Guid.NewGuid().ToString());
            response.Headers.TryAddWithoutValidation("x-ms-version", "2024-08-04");
            response.Headers.Date = time.GetUtcNow();
            response.Content ??= new ByteArrayContent([]);
            return response;
        }
    }

    private HttpResponseMessage Answer(HttpRequestMessage request, byte[] body)
    {
        var parts = request.RequestUri!.AbsolutePath.Trim('/').Split('/', 2).Select(Uri.UnescapeDataString).ToArray();
        var query = request.RequestUri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? string.Empty));
        if (query.GetValueOrDefault("restype") == "container" && request.Method == HttpMethod.Put)
        {
            return _containers.TryAdd(parts[0], new SortedDictionary<string, StoredBlob>(StringComparer.Ordinal))
                ? new HttpResponseMessage(HttpStatusCode.Created)
                : Failure(409, "ContainerAlreadyExists");
        }

        if (!_containers.TryGetValue(parts[0], out var container))
        {
            return Failure(404, "ContainerNotFound");
        }

        if (query.GetValueOrDefault("comp") == "list")
        {
            return List(container, query);
        }

        var blob = container.GetValueOrDefault(parts[1]);
        var committed = blob is { IsCommitted: true } ? blob : null;
        return (request.Method.Method, query.GetValueOrDefault("comp")) switch
        {
            ("GET" or "HEAD", null) => Read(request, committed),
            ("GET", "tags") => Xml("<Tags><TagSet /></Tags>"),
            ("PUT", "block") => Stage(blob ?? Add(container, parts[1]), query["blockid"], body),
            ("PUT", _) when Refusal(request, committed) is { } refusal => refusal,
            ("PUT", null) => Put(request, blob ?? Add(container, parts[1]), body),
            ("PUT", "blocklist") => Commit(request, blob ?? Add(container, parts[1]), body),
            ("PUT", "metadata") => committed is null ? Failure(404, "BlobNotFound") : Written(request, committed, HttpStatusCode.OK),
            ("PUT", "appendblock") => Append(request, committed, body),
            ("DELETE", null) => Delete(request, container, committed),
            var other => throw new InvalidOperationException($"The storage in memory does not know {other}."),
        };
    }

    private static StoredBlob Add(SortedDictionary<string, StoredBlob> container, string name) => container[name] = new StoredBlob(name);

    private static HttpResponseMessage Stage(StoredBlob blob, string blockId, byte[] body)
    {
        blob.Staged[blockId] = body;
        return new HttpResponseMessage(HttpStatusCode.Created);
    }

    private HttpResponseMessage Put(HttpRequestMessage request, StoredBlob blob, byte[] body)
    {
        blob.IsAppend = Header(request, "x-ms-blob-type") == "AppendBlob";
        blob.Content = body;
        blob.Appends = 0;
        blob.Staged.Clear();
        return Written(request, blob, HttpStatusCode.Created);
    }

    private HttpResponseMessage Commit(HttpRequestMessage request, StoredBlob blob, byte[] body)
    {
        var ids = XDocument.Load(new MemoryStream(body)).Root!.Elements().Select(element => element.Value).ToList();
        if (!ids.TrueForAll(blob.Staged.ContainsKey))
        {
            return Failure(400, "InvalidBlockList");
        }

        blob.Content = [.. ids.SelectMany(id => blob.Staged[id])];
        blob.Staged.Clear();
        return Written(request, blob, HttpStatusCode.Created);
    }

    private HttpResponseMessage Append(HttpRequestMessage request, StoredBlob? blob, byte[] body)
    {
        if (blob is null)
        {
            return Failure(404, "BlobNotFound");
        }

        if (Header(request, "x-ms-blob-condition-appendpos") is { } position && long.Parse(position, CultureInfo.InvariantCulture) != blob.Content.Length)
        {
            return Failure(412, "AppendPositionConditionNotMet");
        }

        var offset = blob.Content.Length;
        blob.Content = [.. blob.Content, .. body];
        blob.Appends++;
        var response = Touch(blob, HttpStatusCode.Created);
        response.Headers.TryAddWithoutValidation("x-ms-blob-append-offset", $"{offset}");
        response.Headers.TryAddWithoutValidation("x-ms-blob-committed-block-count", $"{blob.Appends}");
        return response;
    }

    private static HttpResponseMessage Delete(HttpRequestMessage request, SortedDictionary<string, StoredBlob> container, StoredBlob? blob)
    {
        if (blob is null)
        {
            return Failure(404, "BlobNotFound");
        }

        if (Refusal(request, blob) is { } refusal)
        {
            return refusal;
        }

        container.Remove(blob.Name);
        return new HttpResponseMessage(HttpStatusCode.Accepted);
    }

    private static HttpResponseMessage Read(HttpRequestMessage request, StoredBlob? blob)
    {
        if (blob is null)
        {
            return Failure(404, "BlobNotFound");
        }

        if (Refusal(request, blob) is { } refusal)
        {
            return refusal;
        }

        var (from, to) = (0, blob.Content.Length);
        var range = Header(request, "x-ms-range") ?? Header(request, "Range");
        if (range is not null)
        {
            var bounds = range["bytes=".Length..].Split('-');
            from = int.Parse(bounds[0], CultureInfo.InvariantCulture);
            to = bounds[1].Length > 0 ? (int)Math.Min(to, long.Parse(bounds[1], CultureInfo.InvariantCulture) + 1) : to;
            if (from >= blob.Content.Length)
            {
                return Failure(416, "InvalidRange");
            }
        }

        var response = new HttpResponseMessage(range is null ? HttpStatusCode.OK : HttpStatusCode.PartialContent);
        response.Content = request.Method == HttpMethod.Head ? new ByteArrayContent([]) : new ByteArrayContent(blob.Content, from, to - from);
        response.Content.Headers.ContentLength = request.Method == HttpMethod.Head ? blob.Content.Length : to - from;
        response.Content.Headers.LastModified = blob.LastModified;
        if (range is not null)
        {
            response.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, to - 1, blob.Content.Length);
        }

        response.Headers.TryAddWithoutValidation("ETag", blob.ETag);
        response.Headers.TryAddWithoutValidation("x-ms-blob-type", blob.IsAppend ? "AppendBlob" : "BlockBlob");
        response.Headers.TryAddWithoutValidation("x-ms-creation-time", blob.LastModified.ToString("R", CultureInfo.InvariantCulture));
        if (blob.IsAppend)
        {
            response.Headers.TryAddWithoutValidation("x-ms-blob-committed-block-count", $"{blob.Appends}");
        }

        foreach (var (name, value) in blob.Metadata)
        {
            response.Headers.TryAddWithoutValidation($"x-ms-meta-{name}", value);
        }

        foreach (var (name, value) in blob.Headers)
        {
            response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    private static HttpResponseMessage List(SortedDictionary<string, StoredBlob> container, Dictionary<string, string> query)
    {
        var prefix = query.GetValueOrDefault("prefix") ?? string.Empty;
        var marker = query.GetValueOrDefault("marker") ?? string.Empty;
        var size = query.TryGetValue("maxresults", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 5000;
        var found = container.Values
            .Where(blob => blob.IsCommitted && blob.Name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(blob.Name, marker) >= 0)
            .Take(size + 1).ToList();
        var xml = new StringBuilder("<EnumerationResults><Blobs>");
        foreach (var blob in found.Take(size))
        {
            xml.Append(CultureInfo.InvariantCulture, $"<Blob><Name>{SecurityElement.Escape(blob.Name)}</Name><Properties>");
            xml.Append(CultureInfo.InvariantCulture, $"<Last-Modified>{blob.LastModified:R}</Last-Modified><Etag>{blob.ETag.Trim('"')}</Etag>");
            xml.Append(CultureInfo.InvariantCulture, $"<Content-Length>{blob.Content.Length}</Content-Length><BlobType>{(blob.IsAppend ? "AppendBlob" : "BlockBlob")}</BlobType></Properties>");
            if (query.GetValueOrDefault("include")?.Contains("metadata", StringComparison.OrdinalIgnoreCase) == true)
            {
                xml.Append("<Metadata>").AppendJoin(string.Empty, blob.Metadata.Select(pair => $"<{pair.Key}>{SecurityElement.Escape(pair.Value)}</{pair.Key}>")).Append("</Metadata>");
            }

            xml.Append("</Blob>");
        }

        xml.Append(CultureInfo.InvariantCulture, $"</Blobs><NextMarker>{(found.Count > size ? SecurityElement.Escape(found[size].Name) : string.Empty)}</NextMarker></EnumerationResults>");
        return Xml(xml.ToString());
    }

    private HttpResponseMessage Written(HttpRequestMessage request, StoredBlob blob, HttpStatusCode status)
    {
        blob.IsCommitted = true;
        blob.Metadata = request.Headers.Where(header => header.Key.StartsWith("x-ms-meta-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key["x-ms-meta-".Length..], header => header.Value.First());
        if (Header(request, "x-ms-blob-content-type") is { } type)
        {
            blob.Headers["Content-Type"] = type;
        }

        return Touch(blob, status);
    }

    private HttpResponseMessage Touch(StoredBlob blob, HttpStatusCode status)
    {
        blob.ETag = $"\"0x{++_etags:X16}\"";
        blob.LastModified = time.GetUtcNow();
        var response = new HttpResponseMessage(status) { Content = new ByteArrayContent([]) };
        response.Headers.TryAddWithoutValidation("ETag", blob.ETag);
        response.Content.Headers.LastModified = blob.LastModified;
        return response;
    }

    private static HttpResponseMessage? Refusal(HttpRequestMessage request, StoredBlob? blob)
    {
        if (Header(request, "If-Match") is { } match && (blob is null || (match != "*" && match.Trim('"') != blob.ETag.Trim('"'))))
        {
            return Failure(412, "ConditionNotMet");
        }

        return Header(request, "If-None-Match") is { } none && blob is not null && (none == "*" || none.Trim('"') == blob.ETag.Trim('"'))
            ? request.Method == HttpMethod.Put ? Failure(409, "BlobAlreadyExists") : Failure(304, "ConditionNotMet")
            : null;
    }

    private static string? Header(HttpRequestMessage request, string name) =>
        request.Headers.TryGetValues(name, out var values) || (request.Content?.Headers.TryGetValues(name, out values) ?? false) ? values!.First() : null;

    private static HttpResponseMessage Xml(string xml) => new(HttpStatusCode.OK) { Content = new StringContent(xml, Encoding.UTF8, "application/xml") };

    private static HttpResponseMessage Failure(int status, string code)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new StringContent($"<Error><Code>{code}</Code><Message>{code}</Message></Error>", Encoding.UTF8, "application/xml"),
        };
        response.Headers.TryAddWithoutValidation("x-ms-error-code", code);
        return response;
    }
}
