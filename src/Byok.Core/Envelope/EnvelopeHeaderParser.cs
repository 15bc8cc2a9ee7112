using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Text;

namespace Byok.Core.Envelope;

/// <summary>
/// Reads the metadata fields strictly, in the order of docs/FORMAT.md, section 10, steps 1 to 5. Numbers are compared with their limits and with
/// nothing else: what follows from them waits until the header's MAC has verified.
/// </summary>
internal sealed class EnvelopeHeaderParser
{
    /// <summary>Most characters of a name of others' that a message repeats: messages are kept in reports and histories.</summary>
    private const int MaxQuotedLength = 64;

    /// <summary>What a blob's key was called before there were branches.</summary>
    private const string WrappedDek = "byok_wrapped_dek";

    private static readonly long MaxWritten = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

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
        return new EnvelopeHeader
        {
            BlobId = new BlobId(Bytes(EnvelopeFields.BlobId, BlobId.SizeInBytes)),
            PlaintextLength = Decimal(EnvelopeFields.Length, 0, EnvelopeFormat.MaxPlaintextLength),
            ChunkSizeInBytes = (int)Decimal(EnvelopeFields.ChunkSize, EnvelopeFormat.MinChunkSizeInBytes, EnvelopeFormat.MaxChunkSizeInBytes),
            ChunksPerTableSegment = (int)Decimal(EnvelopeFields.TableSegment, 1, EnvelopeFormat.MaxChunksPerTableSegment),
            InlineTable = Table(),
            WrittenOn = DateTimeOffset.FromUnixTimeMilliseconds(Decimal(EnvelopeFields.Written, 0, MaxWritten)),
            Branch = Branch(),
            SealedDek = Bytes(EnvelopeFields.SealedDek, EnvelopeFormat.SealedDekSizeInBytes),
            Wrapping = Wrapping(),
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
        if (_fields.ContainsKey(WrappedDek) && !_fields.ContainsKey(EnvelopeFields.Branch))
        {
            throw new EarlierBuildException($"'{_blobName}' was made by an earlier build, in a form that is not read any more; protect its plaintext again.");
        }

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

    /// <summary>In its form, whatever its length: how long it must be follows from numbers that nothing has authenticated yet.</summary>
    private byte[]? Table()
    {
        var value = _fields[EnvelopeFields.Table];
        if (value == EnvelopeHeader.Tail)
        {
            return null;
        }

        if (value.Length > MetadataBudget.LimitInBytes || !value.StartsWith(EnvelopeHeader.InlinePrefix, StringComparison.Ordinal))
        {
            throw Malformed(EnvelopeFields.Table, "is neither inline nor tail");
        }

        return StrictBase64Url.TryDecode(value.AsSpan(EnvelopeHeader.InlinePrefix.Length), out var table)
            ? table
            : throw Malformed(EnvelopeFields.Table, "is not canonical base64url");
    }

    private BranchName Branch() => BranchName.TryParse(_fields[EnvelopeFields.Branch], out var branch)
        ? branch
        : throw Malformed(EnvelopeFields.Branch, $"is not {BranchName.SizeInBytes} bytes in canonical base64url");

    private BranchWrapping Wrapping()
    {
        if (!StoredKeyId.TryParse(_fields[EnvelopeFields.KeyId], out var id))
        {
            throw Malformed(EnvelopeFields.KeyId, "is not a versioned key identifier (https://vault/keys/name/version)");
        }

        Bytes(EnvelopeFields.KeyThumbprint, 32);
        return new BranchWrapping(id, _fields[EnvelopeFields.KeyThumbprint], Bytes(EnvelopeFields.WrappedBranch, BranchWrapping.WrappedKeyLengths));
    }

    private byte[] Bytes(string name, params ReadOnlySpan<int> lengths) => StrictBase64Url.TryDecode(_fields[name], lengths, out var bytes)
        ? bytes
        : throw Malformed(name, $"is not {string.Join(" or ", lengths.ToArray())} bytes in canonical base64url");

    private long Decimal(string name, long min, long max)
    {
        if (!_fields.TryGetValue(name, out var value))
        {
            throw Malformed(name, "is missing");
        }

        return StrictDecimal.TryParse(value, out var number) && number >= min && number <= max
            ? number
            : throw Malformed(name, min == 0 && max == long.MaxValue ? "is not a canonical decimal" : $"is not a canonical decimal from {min} to {max}");
    }

    private MalformedEnvelopeException Malformed(string field, string fault) =>
        new($"The envelope of '{_blobName}' is malformed: {(field.Length > MaxQuotedLength ? $"{field.AsSpan(0, MaxQuotedLength)}…" : field)} {fault}.");
}
