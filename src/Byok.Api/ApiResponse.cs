using System.Net.Mime;
using System.Text.Json;
using Byok.Core.Orchestration;

namespace Byok.Api;

/// <summary>An answer as any web host can send it.</summary>
/// <param name="Status">The HTTP status code.</param>
/// <param name="ContentType">The body's media type.</param>
public sealed record ApiResponse(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>Headers besides Content-Type.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    internal static ApiResponse Json(int status, object body) =>
        new(status, MediaTypeNames.Application.Json, JsonSerializer.SerializeToUtf8Bytes(body, OrchestrationJson.Options));

    /// <summary>A problem document (RFC 9457).</summary>
    internal static ApiResponse Problem(int status, string title, string detail) =>
        new(status, MediaTypeNames.Application.ProblemJson, JsonSerializer.SerializeToUtf8Bytes(new { title, status, detail }, OrchestrationJson.Options));
}
