using System.Net.Mime;
using System.Text.Json;

namespace Byok.Api;

/// <summary>Reads JSON bodies strictly: bounded, one object, only known members, each once, in its own case and type.</summary>
internal static class RequestBody
{
    /// <summary>Longest body, in bytes: 64 KiB.</summary>
    public const int MaxLength = 64 * 1024;

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        MaxDepth = 4,
    };

    /// <exception cref="ApiProblemException">The body is missing, too long, not JSON, or not in the form of <typeparamref name="T"/>.</exception>
    public static async Task<T> ReadAsync<T>(ApiRequest request, CancellationToken cancellationToken)
    {
        // Told before it is read: a web server with a limit of its own breaks off in the middle, and that would look like our failure.
        var bytes = request.BodyLength > MaxLength ? throw TooLong() : await ReadBytesAsync(request.Body, cancellationToken).ConfigureAwait(false);
        if (bytes.IsEmpty)
        {
            throw new ApiProblemException(400, "Body missing", "The request has no body; send a JSON object.");
        }

        if (request.ContentType?.Split(';')[0].Trim().Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new ApiProblemException(415, "Unsupported media type", "Send the body as application/json.");
        }

        try
        {
            return JsonSerializer.Deserialize<T>(bytes.Span, Strict)
                ?? throw new ApiProblemException(400, "Body not valid", "The body is null; send a JSON object.");
        }
        catch (JsonException exception)
        {
            // The path holds member names of the caller's own body, the message may hold more: only the path is told.
            throw new ApiProblemException(400, "Body not valid", $"The body is not in the form that the documentation gives, at {exception.Path ?? "$"}.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBytesAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxLength + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return length <= MaxLength
            ? buffer.AsMemory(0, length)
            : throw TooLong();
    }

    private static ApiProblemException TooLong() => new(413, "Body too long", $"The body is longer than {MaxLength} bytes.");
}
