using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>
/// Headers as a JSON object. Names are compared without case; a listener in JavaScript may give numbers, booleans or arrays as values,
/// which become what they would be on the wire of HTTP.
/// </summary>
internal sealed class HeaderMapConverter : JsonConverter<Dictionary<string, string>>
{
    public override Dictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("Headers are not an object.");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            _ = reader.Read();
            if (!headers.TryAdd(name, ReadValue(ref reader)))
            {
                throw new JsonException("A header is given twice.");
            }
        }

        return headers;
    }

    public override void Write(Utf8JsonWriter writer, Dictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value)
        {
            writer.WriteString(name, text);
        }

        writer.WriteEndObject();
    }

    private static string ReadValue(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString()!;
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            case JsonTokenType.True or JsonTokenType.False:
                return reader.GetBoolean() ? "true" : "false";
            case JsonTokenType.Null:
                return string.Empty;
            case JsonTokenType.StartArray:
                var items = new List<string>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadValue(ref reader));
                }

                return string.Join(", ", items);
            default:
                throw new JsonException("A header's value is an object.");
        }
    }
}
