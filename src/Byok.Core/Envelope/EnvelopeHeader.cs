using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Envelope;

/// <summary>
/// An envelope's metadata fields (docs/FORMAT.md, sections 7 to 9). A parsed header is well-formed, not yet believed:
/// that takes <see cref="Verify"/>.
/// </summary>
public sealed record EnvelopeHeader
{
    internal const string InlinePrefix = "inline.";
    internal const string Tail = "tail";

    /// <summary>The blob id.</summary>
    public required BlobId BlobId { get; init; }

    /// <summary>Plaintext length, chunk size, chunks of a table segment.</summary>
    public required BlobLayout Layout { get; init; }

    /// <summary>The sealed BEK table, all segments in order; null when it is in the tail.</summary>
    public required byte[]? InlineTable { get; init; }

    /// <summary>1 at first, one more at each rewrap and each new encryption.</summary>
    public required long Generation { get; init; }

    /// <summary>The wrapping key version that wrapped the DEK.</summary>
    public required KeyIdentifier KeyId { get; init; }

    /// <summary>The wrapping key's thumbprint (RFC 7638).</summary>
    public required string KeyThumbprint { get; init; }

    /// <summary>The DEK, wrapped with RSA-OAEP-256: 256, 384 or 512 bytes.</summary>
    public required ReadOnlyMemory<byte> WrappedDek { get; init; }

    /// <summary>Hash of container and blob name, 32 bytes; <see cref="HashName"/> makes it.</summary>
    public required ReadOnlyMemory<byte> NameHash { get; init; }

    /// <summary>The commitment to the DEK, 32 bytes; empty before <see cref="Sign"/>.</summary>
    public ReadOnlyMemory<byte> Commitment { get; init; }

    /// <summary>The header MAC, 32 bytes; empty before <see cref="Sign"/>.</summary>
    public ReadOnlyMemory<byte> Mac { get; init; }

    /// <summary>Where the BEK table is.</summary>
    public TablePlacement Placement => InlineTable is null ? TablePlacement.Tail : TablePlacement.Inline;

    /// <summary>The exact length of the stored blob in bytes.</summary>
    public long StoredLength => Layout.StoredLength(Placement);

    /// <summary>SHA-256 of container name, a zero byte, and blob name, in UTF-8.</summary>
    public static byte[] HashName(string container, string blobName)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(blobName);
        return SHA256.HashData(Encoding.UTF8.GetBytes($"{container}\0{blobName}"));
    }

    /// <summary>Reads a blob's metadata; the user's own is skipped.</summary>
    /// <param name="metadata">All metadata of the blob. Names are compared without regard to case.</param>
    /// <param name="blobName">The blob's name, for the messages.</param>
    /// <exception cref="MalformedEnvelopeException">The blob is not protected, or a field is missing, unknown or not in its form.</exception>
    /// <exception cref="UnsupportedEnvelopeVersionException">The blob has a format version other than 1.</exception>
    public static EnvelopeHeader Parse(IEnumerable<KeyValuePair<string, string>> metadata, string blobName) =>
        new EnvelopeHeaderParser(metadata, blobName).Parse();

    /// <summary>The fields as metadata.</summary>
    /// <exception cref="InvalidOperationException">The header is not signed.</exception>
    public Dictionary<string, string> ToMetadata() =>
        Mac.IsEmpty
            ? throw new InvalidOperationException("Sign the header before it is written.")
            : new Dictionary<string, string>(AuthenticatedFields(), StringComparer.OrdinalIgnoreCase) { [EnvelopeFields.Mac] = Encode(Mac) };

    /// <summary>The fields as metadata, together with the user's own.</summary>
    /// <param name="userMetadata">The user's own; fields with reserved names are left out.</param>
    /// <exception cref="InvalidOperationException">The header is not signed.</exception>
    /// <exception cref="MetadataBudgetExceededException">Together they exceed what the service allows.</exception>
    public Dictionary<string, string> ToMetadata(IEnumerable<KeyValuePair<string, string>> userMetadata)
    {
        var all = ToMetadata();
        foreach (var (name, value) in UserMetadata.Of(userMetadata))
        {
            all[name] = value;
        }

        MetadataBudget.Check(all);
        return all;
    }

    /// <summary>The header with commitment and MAC.</summary>
    /// <exception cref="ArgumentException">The keys are of another blob, or a field is beyond its limits (no reader would take it).</exception>
    public EnvelopeHeader Sign(BlobKeys keys)
    {
        CheckKeys(keys);
        var committed = this with { Commitment = keys.Commitment.ToArray() };
        var signed = committed with { Mac = committed.ComputeMac(keys) };
        try
        {
            Parse(signed.ToMetadata(), BlobId.ToString());
        }
        catch (EnvelopeException exception)
        {
            throw new ArgumentException($"The header cannot be written: {exception.Message}", exception);
        }

        return signed;
    }

    /// <summary>Checks commitment, MAC and name. Nothing of the header may be believed before.</summary>
    /// <param name="keys">The keys from the unwrapped DEK.</param>
    /// <param name="container">The container that was asked for.</param>
    /// <param name="blobName">The blob that was asked for.</param>
    /// <param name="allowRenamed">True when the user says that the blob was renamed or copied on purpose: the name is not compared.</param>
    /// <exception cref="IntegrityException">A check failed.</exception>
    public void Verify(BlobKeys keys, string container, string blobName, bool allowRenamed = false)
    {
        VerifyMac(keys, blobName);
        if (!allowRenamed && !CryptographicOperations.FixedTimeEquals(NameHash.Span, HashName(container, blobName)))
        {
            throw new IntegrityException(
                $"'{blobName}' in '{container}' was protected under another name: another blob was copied over it, or it was renamed. " +
                "If that was on purpose, say so when reading.");
        }
    }

    /// <summary>The generation of what follows this envelope: of a verified header only, or others would choose it.</summary>
    /// <param name="blobName">The blob's name, for the messages.</param>
    /// <exception cref="GenerationLimitException">This is the last one that the format has.</exception>
    public long NextGeneration(string blobName) => Generation < EnvelopeFormat.MaxGeneration
        ? Generation + 1
        : throw new GenerationLimitException(
            $"'{blobName}' is at generation {Generation}, the last that the format has, so it cannot be rewrapped or encrypted anew where it is. " +
            "Read it and upload it again: that begins with generation 1.");

    /// <summary>The header after the DEK was wrapped by another key: next generation, new MAC, all else as it was.</summary>
    /// <param name="keyId">The new wrapping key version.</param>
    /// <param name="wrappedDek">The same DEK, wrapped by it.</param>
    /// <param name="keys">The blob's keys.</param>
    /// <param name="blobName">The blob's name, for the messages.</param>
    /// <exception cref="IntegrityException">This header does not verify; a rewrap must not make an altered one valid.</exception>
    /// <exception cref="GenerationLimitException">Its generation is the last that the format has.</exception>
    /// <exception cref="ArgumentException">A new value is not in its form.</exception>
    public EnvelopeHeader WithWrappedDek(KeyIdentifier keyId, string keyThumbprint, ReadOnlyMemory<byte> wrappedDek, BlobKeys keys, string blobName)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        VerifyMac(keys, blobName);
        return (this with
        {
            Generation = NextGeneration(blobName),
            KeyId = keyId,
            KeyThumbprint = keyThumbprint,
            WrappedDek = wrappedDek,
        }).Sign(keys);
    }

    private static string Encode(ReadOnlyMemory<byte> bytes) => Base64Url.EncodeToString(bytes.Span);

    private static string Encode(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void VerifyMac(BlobKeys keys, string blobName)
    {
        CheckKeys(keys);
        if (!CryptographicOperations.FixedTimeEquals(Commitment.Span, keys.Commitment))
        {
            throw new IntegrityException($"The wrapped DEK of '{blobName}' is not the one it was protected with: it was altered, or belongs to another blob.");
        }

        if (!CryptographicOperations.FixedTimeEquals(Mac.Span, ComputeMac(keys)))
        {
            throw new IntegrityException($"The header of '{blobName}' was altered: its MAC does not verify.");
        }
    }

    private void CheckKeys(BlobKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.BlobId != BlobId)
        {
            throw new ArgumentException("The keys were derived for another blob id.", nameof(keys));
        }
    }

    /// <summary>All fields but the MAC, in the order of their names' bytes.</summary>
    private SortedDictionary<string, string> AuthenticatedFields() => new(StringComparer.Ordinal)
    {
        [EnvelopeFields.Format] = Encode(EnvelopeFormat.Version),
        [EnvelopeFields.BlobId] = BlobId.ToString(),
        [EnvelopeFields.Length] = Encode(Layout.PlaintextLength),
        [EnvelopeFields.ChunkSize] = Encode(Layout.ChunkSizeInBytes),
        [EnvelopeFields.TableSegment] = Encode(Layout.ChunksPerTableSegment),
        [EnvelopeFields.Table] = InlineTable is { } table ? InlinePrefix + Encode(table) : Tail,
        [EnvelopeFields.Generation] = Encode(Generation),
        [EnvelopeFields.KeyId] = KeyId.ToString(),
        [EnvelopeFields.KeyThumbprint] = KeyThumbprint,
        [EnvelopeFields.WrappedDek] = Encode(WrappedDek),
        [EnvelopeFields.NameHash] = Encode(NameHash),
        [EnvelopeFields.Commitment] = Encode(Commitment),
    };

    /// <summary>HMAC-SHA256 over the label and, for each field, u32be length || name || u32be length || value.</summary>
    private byte[] ComputeMac(BlobKeys keys)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MacKey);
        mac.AppendData("byok/v1/header"u8);
        foreach (var (name, value) in AuthenticatedFields())
        {
            Append(mac, name);
            Append(mac, value);
        }

        return mac.GetHashAndReset();
    }

    private static void Append(IncrementalHash mac, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        mac.AppendData(length);
        mac.AppendData(bytes);
    }
}
