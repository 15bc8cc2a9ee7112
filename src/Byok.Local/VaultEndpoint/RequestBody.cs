using System.Buffers.Text;
using System.Text.Json;
using Byok.Core.Keys;

namespace Byok.Local.VaultEndpoint;

/// <summary>A request's JSON, read strictly: a member of the wrong type is refused, as the service does. Unknown members are passed over.</summary>
internal readonly struct RequestBody(JsonElement element)
{
    /// <summary>Most tags, and longest name and value of a tag in characters (Azure Key Vault REST reference, "Key tags").</summary>
    private const int MaxTags = 15;
    private const int MaxTagLength = 256;

    internal RequestBody? Object(string name) =>
        Find(name, JsonValueKind.Object, "an object") is { } found ? new RequestBody(found) : null;

    internal bool Has(string name) => Find(name) is not null;

    internal string? String(string name) => Find(name, JsonValueKind.String, "a string")?.GetString();

    internal string RequiredString(string name) => String(name) is { Length: > 0 } text ? text : throw Refuse($"The member '{name}' is required.");

    internal bool? Boolean(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Refuse($"The member '{name}' must be true or false."),
    };

    internal long? Number(string name) => Find(name, JsonValueKind.Number, "a whole number") switch
    {
        null => null,
        { } found when found.TryGetInt64(out var number) => number,
        _ => throw Refuse($"The member '{name}' must be a whole number."),
    };

    /// <summary>Seconds since 1970 (RFC 7519, NumericDate).</summary>
    internal DateTimeOffset? Time(string name) => Number(name) switch
    {
        null => null,
        >= 0 and <= 253402300799 and var seconds => DateTimeOffset.FromUnixTimeSeconds(seconds),
        _ => throw Refuse($"The member '{name}' must be a time in seconds since 1970."),
    };

    internal byte[] RequiredBytes(string name)
    {
        try
        {
            return Base64Url.DecodeFromChars(RequiredString(name));
        }
        catch (FormatException)
        {
            throw Refuse($"The member '{name}' is not base64url.");
        }
    }

    internal IReadOnlyList<string>? Strings(string name)
    {
        if (Find(name, JsonValueKind.Array, "an array of strings") is not { } found)
        {
            return null;
        }

        var texts = new List<string>();
        foreach (var item in found.EnumerateArray())
        {
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Refuse($"The member '{name}' must be an array of strings."));
        }

        return texts;
    }

    /// <summary>Attributes, tags and operations of a key; what is missing is null.</summary>
    /// <param name="operations">The operations, which stand in another place in each request.</param>
    internal KeyAttributes Attributes(IReadOnlyList<string>? operations)
    {
        var attributes = Object("attributes");
        if (attributes?.Boolean("exportable") == true || Has("release_policy"))
        {
            throw Refuse("This vault has no secure key release: no exportable keys, no release policies.");
        }

        return new KeyAttributes
        {
            Enabled = attributes?.Boolean("enabled"),
            NotBefore = attributes?.Time("nbf"),
            ExpiresOn = attributes?.Time("exp"),
            Operations = operations,
            Tags = Tags(),
        };
    }

    private Dictionary<string, string>? Tags()
    {
        if (Find("tags", JsonValueKind.Object, "an object of strings") is not { } found)
        {
            return null;
        }

        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in found.EnumerateObject())
        {
            tags[tag.Name] = tag.Value.ValueKind == JsonValueKind.String ? tag.Value.GetString()! : throw Refuse($"The tag '{tag.Name}' must be a string.");
        }

        return tags.Count <= MaxTags && tags.All(tag => tag.Key.Length <= MaxTagLength && tag.Value.Length <= MaxTagLength)
            ? tags
            : throw Refuse($"A key has at most {MaxTags} tags, with names and values of at most {MaxTagLength} characters.");
    }

    private JsonElement? Find(string name) =>
        element.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;

    private JsonElement? Find(string name, JsonValueKind kind, string what) => Find(name) switch
    {
        null => null,
        { } found when found.ValueKind == kind => found,
        _ => throw Refuse($"The member '{name}' must be {what}."),
    };

    private static RequestRefusedException Refuse(string message) => new(VaultError.BadParameter(message));
}
