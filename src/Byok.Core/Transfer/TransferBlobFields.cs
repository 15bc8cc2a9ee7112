using System.Text.Json;
using Byok.Core.Envelope;
using Byok.Core.Keys;

namespace Byok.Core.Transfer;

/// <summary>
/// The members of a .byok file as they stand there. Read token by token, not by a serializer, because a serializer stops at the first
/// fault and takes the last of two members of one name, where another reader may take the first.
/// </summary>
internal sealed class TransferBlobFields
{
    private const int MaxDepth = 8;
    private static readonly string[] TopMembers = ["schema_version", "header", "ciphertext", "generator"];
    private static readonly string[] HeaderMembers = ["kid", "alg", "enc"];
    private readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);
    private bool _isObject;

    public KeyIdentifier? KekId { get; private set; }

    public byte[] CiphertextBytes { get; private set; } = [];

    public string? Generator => _values.GetValueOrDefault("generator");

    /// <summary>Reads what can be read.</summary>
    public static TransferBlobFields Read(ReadOnlySpan<byte> utf8, TransferBlobFindings findings)
    {
        var fields = new TransferBlobFields();
        if (utf8.Length > TransferBlob.MaxLengthInBytes)
        {
            findings.Error(
                TransferBlobFault.TooLarge, $"The file has {utf8.Length} bytes; a transfer blob has at most {TransferBlob.MaxLengthInBytes}.");
            return fields;
        }

        if (utf8.StartsWith("\uFEFF"u8))
        {
            findings.Error(TransferBlobFault.ByteOrderMark, "The file starts with a byte order mark; save it as UTF-8 without one.");
            utf8 = utf8[3..];
        }

        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                findings.Error(TransferBlobFault.NotAnObject, "The file is JSON, but not a JSON object.");
                return fields;
            }

            fields.ReadMembers(ref reader, TopMembers, string.Empty, findings);
            fields._isObject = true;
            reader.Read(); // throws when anything is behind the object
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not UTF-8.
            findings.Error(TransferBlobFault.NotJson, "The file is not one JSON object in UTF-8.");
        }

        return fields;
    }

    /// <summary>Checks every member against the specification, as far as it can be known without the KEK.</summary>
    public void Check(TransferBlobFindings findings)
    {
        if (!_isObject)
        {
            return;
        }

        Require("schema_version", TransferBlob.SchemaVersion, TransferBlobFault.SchemaVersion, findings);
        if (!_values.ContainsKey("header"))
        {
            findings.Error(TransferBlobFault.MissingMember, "The member 'header' is missing.");
        }
        else if (_values["header"] is not null)
        {
            CheckKid(findings);
            Require("header.alg", TransferBlob.Algorithm, TransferBlobFault.Algorithm, findings);
            Require("header.enc", TransferBlob.Encryption, TransferBlobFault.Encryption, findings);
        }

        CheckCiphertext(findings);
        if (!_values.TryGetValue("generator", out var generator) || generator is { } text && string.IsNullOrWhiteSpace(text))
        {
            findings.Warn(TransferBlobFault.GeneratorMissing, "The blob does not say which tool and HSM made it ('generator').");
        }
    }

    private void ReadMembers(ref Utf8JsonReader reader, string[] known, string prefix, TransferBlobFindings findings)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                findings.Error(TransferBlobFault.UnknownMember, $"The member '{prefix}{Printable(name)}' is not part of a transfer blob.");
                reader.Skip();
                continue;
            }

            if (_values.ContainsKey(prefix + name))
            {
                findings.Error(TransferBlobFault.DuplicateMember, $"The member '{prefix}{name}' stands there more than once.");
                reader.Skip();
                continue;
            }

            ReadValue(ref reader, prefix + name, findings);
        }
    }

    private void ReadValue(ref Utf8JsonReader reader, string path, TransferBlobFindings findings)
    {
        if (path == "header" && reader.TokenType == JsonTokenType.StartObject)
        {
            _values[path] = string.Empty;
            ReadMembers(ref reader, HeaderMembers, "header.", findings);
        }
        else if (path != "header" && reader.TokenType == JsonTokenType.String)
        {
            _values[path] = reader.GetString();
        }
        else
        {
            _values[path] = null;
            findings.Error(TransferBlobFault.WrongType, $"The member '{path}' is not {(path == "header" ? "an object" : "a string")}.");
            reader.Skip();
        }
    }

    private void Require(string path, string expected, string code, TransferBlobFindings findings)
    {
        if (!_values.TryGetValue(path, out var value))
        {
            findings.Error(TransferBlobFault.MissingMember, $"The member '{path}' is missing.");
        }
        else if (value is not null && value != expected)
        {
            findings.Error(code, $"The member '{path}' is '{Printable(value)}'; it must be '{expected}'.");
        }
    }

    private void CheckKid(TransferBlobFindings findings)
    {
        if (!_values.TryGetValue("header.kid", out var kid))
        {
            findings.Error(TransferBlobFault.MissingMember, "The member 'header.kid' is missing.");
        }
        else if (KeyIdentifier.TryParse(kid, out var id))
        {
            KekId = id;
        }
        else if (kid is not null)
        {
            findings.Error(
                TransferBlobFault.KidNotVersioned,
                $"The member 'header.kid' is '{Printable(kid)}', not a versioned key identifier (https://vault/keys/name/version).");
        }
    }

    private void CheckCiphertext(TransferBlobFindings findings)
    {
        if (!_values.TryGetValue("ciphertext", out var text))
        {
            findings.Error(TransferBlobFault.MissingMember, "The member 'ciphertext' is missing.");
        }
        else if (text is not null)
        {
            CheckBase64Url(text, findings);
        }
    }

    private void CheckBase64Url(string text, TransferBlobFindings findings)
    {
        if (text.Any(char.IsWhiteSpace))
        {
            findings.Error(TransferBlobFault.Base64WhiteSpace, "The ciphertext holds white space or line breaks; base64url has none.");
        }
        else if (text.EndsWith('='))
        {
            findings.Error(TransferBlobFault.Base64Padding, "The ciphertext ends in padding ('='); base64url in a transfer blob has none.");
        }
        else if (text.AsSpan().ContainsAny('+', '/'))
        {
            findings.Error(TransferBlobFault.Base64Alphabet, "The ciphertext is standard base64 ('+', '/'); it must be base64url ('-', '_').");
        }
        else if (!StrictBase64Url.TryDecode(text, out var bytes))
        {
            findings.Error(TransferBlobFault.NotBase64Url, "The ciphertext is not base64url.");
        }
        else
        {
            CiphertextBytes = bytes;
            TransferBlobLength.CheckWhole(bytes.Length, findings);
        }
    }

    /// <summary>A value from an untrusted file, fit to be shown: at most 100 characters, nothing that moves a terminal's cursor.</summary>
    private static string Printable(string text) =>
        string.Concat(text.Take(100).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)) + (text.Length > 100 ? "..." : string.Empty);
}
