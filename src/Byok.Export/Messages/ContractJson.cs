using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Byok.Export.Messages;

/// <summary>
/// JSON of the contract. Strict on reading: duplicate, unknown, missing and null members, other capitals, comments, trailing data and
/// nesting deeper than 8 are refused, so that no two readers can see different requests in the same bytes.
/// </summary>
internal static class ContractJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        MaxDepth = 8,
    };

    /// <summary>The headers of a message with this media type.</summary>
    public static IReadOnlyDictionary<string, string> Headers(string mediaType) =>
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Content-Type"] = mediaType };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static bool TryRead<T>(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out T? value)
        where T : class
    {
        try
        {
            value = JsonSerializer.Deserialize<T>(utf8, Options);
            return value is not null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            // Besides JsonException: parts that are not in their form (RsaPublicKey), strings that are not UTF-8.
            value = null;
            return false;
        }
    }
}
