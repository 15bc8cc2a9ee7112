using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Byok.Core.Keys;

/// <summary>
/// The identifier of one key version in a vault, <c>https://{vault}/keys/{name}/{version}</c>
/// (Azure Key Vault REST reference, "Objects, identifiers, and versioning").
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed record KeyIdentifier
{
    /// <summary>Creates an identifier from its parts.</summary>
    /// <param name="vault">The vault's absolute https address; path and query are dropped.</param>
    /// <param name="name">The key's name.</param>
    /// <param name="version">The key version, 1 to 64 letters and digits.</param>
    /// <exception cref="ArgumentException">A part is not in its form.</exception>
    public KeyIdentifier(Uri vault, string name, string version)
    {
        ArgumentNullException.ThrowIfNull(vault);
        if (!vault.IsAbsoluteUri || vault.Scheme != Uri.UriSchemeHttps)
        {
            throw new ArgumentException("A vault's address is an absolute https URI.", nameof(vault));
        }

        ArgumentException.ThrowIfNullOrEmpty(version);
        if (version.Length > 64 || !version.All(char.IsAsciiLetterOrDigit))
        {
            throw new ArgumentException("A key version is 1 to 64 ASCII letters and digits.", nameof(version));
        }

        Vault = new Uri(vault.GetLeftPart(UriPartial.Authority));
        Name = KeyName.Validate(name);
        Version = version;
    }

    /// <summary>The vault's address: scheme, host and port.</summary>
    public Uri Vault { get; }

    /// <summary>The key's name.</summary>
    public string Name { get; }

    /// <summary>The key version.</summary>
    public string Version { get; }

    /// <summary>Parses an identifier; every part must be present.</summary>
    /// <exception cref="FormatException">The text is not a versioned key identifier.</exception>
    public static KeyIdentifier Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a versioned key identifier (https://vault/keys/name/version).");

    /// <summary>Parses an identifier; every part must be present.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out KeyIdentifier? id)
    {
        id = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
        {
            return false;
        }

        var parts = uri.AbsolutePath.Split('/');
        if (parts is not ["", "keys", var name, { Length: > 0 and <= 64 } version] || !KeyName.IsValid(name) || !version.All(char.IsAsciiLetterOrDigit))
        {
            return false;
        }

        id = new KeyIdentifier(uri, name, version);
        return true;
    }

    /// <summary>The identifier as Key Vault writes it.</summary>
    public override string ToString() => $"{Vault.GetLeftPart(UriPartial.Authority)}/keys/{Name}/{Version}";

    private sealed class Converter : JsonConverter<KeyIdentifier>
    {
        public override KeyIdentifier Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var id) ? id : throw new JsonException("Not a versioned key identifier.");

        public override void Write(Utf8JsonWriter writer, KeyIdentifier value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
