using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Byok.Core.Envelope;

namespace Byok.Core.Branches;

/// <summary>A branch's name: the commitment to its key, 32 bytes, which is public (docs/FORMAT.md, section 4). So a name belongs to one key.</summary>
[JsonConverter(typeof(Converter))]
public sealed record BranchName
{
    /// <summary>Length in bytes.</summary>
    public const int SizeInBytes = 32;

    private readonly string _text;

    internal BranchName(ReadOnlySpan<byte> commitment) => _text = Base64Url.EncodeToString(commitment);

    private BranchName(string text) => _text = text;

    /// <summary>Parses base64url without padding, strictly.</summary>
    /// <exception cref="FormatException">The text is not 32 bytes in canonical base64url.</exception>
    public static BranchName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var name) ? name : throw new FormatException("A branch's name is 32 bytes in base64url without padding, 43 characters.");
    }

    /// <summary>Parses base64url without padding, strictly.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out BranchName? name)
    {
        name = StrictBase64Url.TryDecode(text, [SizeInBytes], out _) ? new BranchName(text!) : null;
        return name is not null;
    }

    /// <summary>Writes the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void CopyTo(Span<byte> destination) => Base64Url.DecodeFromChars(_text, destination);

    /// <summary>Base64url without padding, 43 characters.</summary>
    public override string ToString() => _text;

    private sealed class Converter : JsonConverter<BranchName>
    {
        public override BranchName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var name) ? name : throw new JsonException("Not a branch's name.");

        public override void Write(Utf8JsonWriter writer, BranchName value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
