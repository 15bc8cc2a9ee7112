using System.Buffers;
using System.Globalization;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Envelope;

/// <summary>Reads the metadata fields strictly, in the order of docs/FORMAT.md, section 10, steps 1 to 5.</summary>
internal sealed class EnvelopeHeaderParser
{
    private const int MaxDecimalDigits = 15;

    /// <summary>Most characters of a name of others' that a message repeats: messages are kept in reports and histories.</summary>
    private const int MaxQuotedLength = 64;

    private static readonly SearchValues<char> KeyIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:/");

    private readonly string _blobName;
    private readonly Dictionary<string, string> _fields = new(StringComparer.OrdinalIgnoreCase);

    public EnvelopeHeaderParser(IEnumerable<KeyValuePair<string, string>> metadata, string blobName)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(blobName);
        _blobName = blobName;
        foreach (var (name, value) in metadata)
        {
            if (EnvelopeFormat.IsReservedName(name) && !_fields.TryAdd(name, value))
            {
                throw Malformed(name, "is there twice");
            }
        }
    }

    public EnvelopeHeader Parse()
    {
        if (_fields.Count == 0)
        {
            throw new MalformedEnvelopeException(
                $"'{_blobName}' is not protected: it has no envelope (no metadata that starts with {EnvelopeFormat.MetadataPrefix}).");
        }

        CheckVersion();
        CheckNames();
        var layout = Layout();
        return new EnvelopeHeader
        {
            BlobId = new BlobId(Bytes(EnvelopeFields.BlobId, BlobId.SizeInBytes)),
            Layout = layout,
            InlineTable = Table(layout),
            Generation = Decimal(EnvelopeFields.Generation, 1, EnvelopeFormat.MaxGeneration),
            KeyId = KeyId(),
            KeyThumbprint = Thumbprint(),
            WrappedDek = Bytes(EnvelopeFields.WrappedDek, 256, 384, 512),
            NameHash = Bytes(EnvelopeFields.NameHash, 32),
            Commitment = Bytes(EnvelopeFields.Commitment, 32),
            Mac = Bytes(EnvelopeFields.Mac, 32),
        };
    }

    private void CheckVersion()
    {
        var version = Decimal(EnvelopeFields.Format, 0, long.MaxValue);
        if (version != EnvelopeFormat.Version)
        {
            throw new UnsupportedEnvelopeVersionException(
                $"'{_blobName}' is in envelope format version {version}; this build reads version {EnvelopeFormat.Version}. Read it with a newer build.");
        }
    }

    private void CheckNames()
    {
        foreach (var name in EnvelopeFields.All)
        {
            if (!_fields.ContainsKey(name))
            {
                throw Malformed(name, "is missing");
            }
        }

        if (_fields.Count > EnvelopeFields.All.Count)
        {
            var unknown = _fields.Keys.First(name => !EnvelopeFields.All.Contains(name, StringComparer.OrdinalIgnoreCase));
            throw Malformed(unknown, "is no field of the format");
        }
    }

    private BlobLayout Layout()
    {
        var length = Decimal(EnvelopeFields.Length, 0, EnvelopeFormat.MaxPlaintextLength);
        var chunkSize = (int)Decimal(EnvelopeFields.ChunkSize, EnvelopeFormat.MinChunkSizeInBytes, EnvelopeFormat.MaxChunkSizeInBytes);
        var segment = (int)Decimal(EnvelopeFields.TableSegment, 1, EnvelopeFormat.MaxChunksPerTableSegment);
        return length <= chunkSize * EnvelopeFormat.MaxChunks
            ? new BlobLayout(length, chunkSize, segment)
            : throw Malformed(EnvelopeFields.Length, $"means more than {EnvelopeFormat.MaxChunks} chunks");
    }

    private byte[]? Table(BlobLayout layout)
    {
        var value = _fields[EnvelopeFields.Table];
        if (value == EnvelopeHeader.Tail)
        {
            return layout.ChunkCount > 0 ? null : throw Malformed(EnvelopeFields.Table, "says tail, but an empty blob has none");
        }

        if (!value.StartsWith(EnvelopeHeader.InlinePrefix, StringComparison.Ordinal))
        {
            throw Malformed(EnvelopeFields.Table, "is neither inline nor tail");
        }

        // The length is compared before anything is decoded or allocated.
        var text = value.AsSpan(EnvelopeHeader.InlinePrefix.Length);
        return text.Length == StrictBase64Url.EncodedLength(layout.TableLength) && StrictBase64Url.TryDecode(text, out var table)
            ? table
            : throw Malformed(EnvelopeFields.Table, $"is not {layout.TableLength} bytes in canonical base64url");
    }

    private KeyIdentifier KeyId()
    {
        // Plain host names only: no user information, no IPv6 literal, nothing that two URL parsers may read differently.
        var value = _fields[EnvelopeFields.KeyId];
        return value.Length <= EnvelopeFormat.MaxKeyIdLength && !value.AsSpan().ContainsAnyExcept(KeyIdCharacters)
            && KeyIdentifier.TryParse(value, out var id) && id.ToString() == value && VaultHost.HasForm(id.Vault)
            ? id
            : throw Malformed(EnvelopeFields.KeyId, "is not a versioned key identifier (https://vault/keys/name/version)");
    }

    private string Thumbprint()
    {
        Bytes(EnvelopeFields.KeyThumbprint, 32);
        return _fields[EnvelopeFields.KeyThumbprint];
    }

    private byte[] Bytes(string name, params ReadOnlySpan<int> lengths)
    {
        var value = _fields[name];
        foreach (var length in lengths)
        {
            if (value.Length == StrictBase64Url.EncodedLength(length) && StrictBase64Url.TryDecode(value, out var bytes))
            {
                return bytes;
            }
        }

        throw Malformed(name, $"is not {string.Join(" or ", lengths.ToArray())} bytes in canonical base64url");
    }

    private long Decimal(string name, long min, long max)
    {
        if (!_fields.TryGetValue(name, out var value))
        {
            throw Malformed(name, "is missing");
        }

        var canonical = value.Length is > 0 and <= MaxDecimalDigits && !value.AsSpan().ContainsAnyExceptInRange('0', '9') && (value.Length == 1 || value[0] != '0');
        return canonical && long.Parse(value, CultureInfo.InvariantCulture) is var number && number >= min && number <= max
            ? number
            : throw Malformed(name, min == 0 && max == long.MaxValue ? "is not a canonical decimal" : $"is not a canonical decimal from {min} to {max}");
    }

    private MalformedEnvelopeException Malformed(string field, string fault) =>
        new($"The envelope of '{_blobName}' is malformed: {(field.Length > MaxQuotedLength ? $"{field.AsSpan(0, MaxQuotedLength)}…" : field)} {fault}.");
}
