using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Byok.Local.VaultEndpoint;

/// <summary>A request that has passed the challenge: its path in segments, its query, its body.</summary>
internal sealed class VaultRequest
{
    /// <summary>The API versions that are spoken; they differ in nothing that this vault offers. The last is the newest.</summary>
    private static readonly string[] ApiVersions = ["7.4", "7.5", "7.6", "2025-07-01"];

    /// <summary>
    /// The longest body that is read. The service's own limit is not published; the longest legitimate body, a transfer blob for RSA-4096, has about 6 KB.
    /// </summary>
    private const int MaxBodyInBytes = 1024 * 1024;

    private readonly HttpContext _context;

    private VaultRequest(HttpContext context, string apiVersion)
    {
        _context = context;
        ApiVersion = apiVersion;
        Path = (context.Request.Path.Value ?? "/").TrimEnd('/').Split('/')[1..];
    }

    internal string Method => _context.Request.Method;

    /// <summary>The path's segments. One in the middle may be empty: <c>/keys/name//sign</c> is the newest version's.</summary>
    internal string[] Path { get; }

    internal string ApiVersion { get; }

    internal IQueryCollection Query => _context.Request.Query;

    internal CancellationToken Aborted => _context.RequestAborted;

    /// <exception cref="RequestRefusedException">The API version is missing or not spoken.</exception>
    internal static VaultRequest Read(HttpContext context)
    {
        var version = context.Request.Query["api-version"].ToString();
        if (version.Length == 0)
        {
            throw new RequestRefusedException(VaultError.BadParameter("The request names no api-version."));
        }

        return ApiVersions.Contains(version)
            ? new VaultRequest(context, version)
            : throw new RequestRefusedException(
                VaultError.BadParameter($"The specified version ({version}) is not recognized; the newest that is supported is ({ApiVersions[^1]})."));
    }

    /// <exception cref="RequestRefusedException">The body is too long, or no JSON object.</exception>
    internal async Task<RequestBody> ReadBodyAsync()
    {
        var bytes = await ReadBytesAsync().ConfigureAwait(false);
        try
        {
            var body = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            _context.Response.RegisterForDispose(body);
            CheckTexts(body.RootElement);
            return body.RootElement.ValueKind == JsonValueKind.Object
                ? new RequestBody(body.RootElement)
                : throw new RequestRefusedException(VaultError.BadParameter("The request's body must be a JSON object."));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new RequestRefusedException(VaultError.BadParameter("The request's body is not valid JSON."));
        }
    }

    /// <summary>
    /// Refuses what is too long before it is read, or once too much has come. Not by the web server's own limit: that one hangs up on a client who is still
    /// sending, and he never sees the answer.
    /// </summary>
    private async Task<ReadOnlyMemory<byte>> ReadBytesAsync()
    {
        var declared = _context.Request.ContentLength;
        if (declared > MaxBodyInBytes)
        {
            throw TooLong();
        }

        var buffer = new byte[declared is { } exact ? (int)exact : MaxBodyInBytes + 1];
        var length = await _context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, Aborted).ConfigureAwait(false);
        return length <= MaxBodyInBytes ? buffer.AsMemory(0, length) : throw TooLong();
    }

    private static RequestRefusedException TooLong() => new(new VaultError(
        StatusCodes.Status413PayloadTooLarge, "RequestEntityTooLarge", $"The request's body is longer than {MaxBodyInBytes} bytes."));

    // An escaped half of a surrogate pair is valid JSON, but no text: it is refused here, not where a member is read.
    private static void CheckTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    CheckTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    CheckTexts(member.Value);
                }

                break;
        }
    }
}
