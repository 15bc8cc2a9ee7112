using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Byok.Core.Branches;
using Byok.Core.Errors;

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

    /// <summary>Length of the plaintext in bytes.</summary>
    public required long PlaintextLength { get; init; }

    /// <summary>Plaintext bytes of every chunk but the last.</summary>
    public required int ChunkSizeInBytes { get; init; }

    /// <summary>Chunks of every table segment but the last.</summary>
    public required int ChunksPerTableSegment { get; init; }

    /// <summary>The sealed BEK table, all segments in order; null when it is in the tail.</summary>
    public required byte[]? InlineTable { get; init; }

    /// <summary>When the header was written, to the millisecond; <see cref="NextWrittenOn"/> says what a writer takes.</summary>
    public required DateTimeOffset WrittenOn { get; init; }

    /// <summary>The branch whose key sealed the DEK.</summary>
    public required BranchName Branch { get; init; }

    /// <summary>The DEK, sealed by the branch key: nonce, ciphertext and tag, 60 bytes.</summary>
    public required ReadOnlyMemory<byte> SealedDek { get; init; }

    /// <summary>The branch key as it was wrapped when the header was written. Its key identifier names the blob's key.</summary>
    public required BranchWrapping Wrapping { get; init; }

    /// <summary>Hash of container and blob name, 32 bytes; <see cref="HashName"/> makes it.</summary>
    public required ReadOnlyMemory<byte> NameHash { get; init; }

    /// <summary>The commitment to the DEK, 32 bytes; empty before <see cref="Sign"/>.</summary>
    public ReadOnlyMemory<byte> Commitment { get; init; }

    /// <summary>The header MAC, 32 bytes; empty before <see cref="Sign"/>.</summary>
    public ReadOnlyMemory<byte> Mac { get; init; }

    /// <summary>Where the BEK table is.</summary>
    public TablePlacement Placement => InlineTable is null ? TablePlacement.Tail : TablePlacement.Inline;

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
            Parse(signed.ToMetadata(), BlobId.ToString()).LayOut(BlobId.ToString());
        }
        catch (EnvelopeException exception)
        {
            throw new ArgumentException($"The header cannot be written: {exception.Message}", exception);
        }

        return signed;
    }

    /// <summary>Checks commitment, MAC and name, then lays the blob out. Nothing of the header may be believed, and no number of it used, before.</summary>
    /// <param name="keys">The keys from the opened DEK.</param>
    /// <param name="container">The container that was asked for.</param>
    /// <param name="blobName">The blob that was asked for.</param>
    /// <param name="allowRenamed">True when the user says that the blob was renamed or copied on purpose: the name is not compared.</param>
    /// <returns>The blob's layout.</returns>
    /// <exception cref="IntegrityException">A check failed.</exception>
    /// <exception cref="MalformedEnvelopeException">The header verifies, but its numbers and its table are of no blob.</exception>
    public BlobLayout Verify(BlobKeys keys, string container, string blobName, bool allowRenamed = false)
    {
        VerifyMac(keys, blobName);
        if (!allowRenamed && !CryptographicOperations.FixedTimeEquals(NameHash.Span, HashName(container, blobName)))
        {
            throw new IntegrityException(
                $"'{blobName}' in '{container}' was protected under another name: another blob was copied over it, or it was renamed. " +
                "If that was on purpose, say so when reading.");
        }

        return LayOut(blobName);
    }

    /// <summary>The time of writing of what takes an envelope's place: now, but later than what stands there.</summary>
    /// <param name="now">Now.</param>
    /// <param name="standing">When the verified header that is replaced was written; null for none.</param>
    public static DateTimeOffset NextWrittenOn(DateTimeOffset now, DateTimeOffset? standing)
    {
        var written = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        return standing >= written && standing <= written + EnvelopeFormat.ClockTolerance ? standing.Value.AddMilliseconds(1) : written;
    }

    /// <summary>The header after its DEK was sealed anew, under another branch or a newer copy: all else is as it was (docs/FORMAT.md, section 9.4).</summary>
    /// <param name="dek">The blob's DEK.</param>
    /// <param name="branch">The branch key that seals it.</param>
    /// <param name="wrapping">That branch key, wrapped.</param>
    /// <param name="now">Now.</param>
    /// <param name="blobName">The blob's name, for the messages.</param>
    /// <exception cref="IntegrityException">This header does not verify; sealing anew must not make an altered one valid.</exception>
    /// <exception cref="MalformedEnvelopeException">It verifies, but its numbers and its table are of no blob.</exception>
    public EnvelopeHeader SealAnew(DataEncryptionKey dek, BranchKey branch, BranchWrapping wrapping, DateTimeOffset now, string blobName)
    {
        ArgumentNullException.ThrowIfNull(dek);
        ArgumentNullException.ThrowIfNull(branch);
        ArgumentNullException.ThrowIfNull(wrapping);
        using var keys = dek.DeriveFor(BlobId);
        VerifyMac(keys, blobName);
        _ = LayOut(blobName);
        return (this with
        {
            WrittenOn = NextWrittenOn(now, WrittenOn),
            Branch = branch.Name,
            SealedDek = branch.SealDek(dek, BlobId),
            Wrapping = wrapping,
        }).Sign(keys);
    }

    private static string Encode(ReadOnlyMemory<byte> bytes) => Base64Url.EncodeToString(bytes.Span);

    private static string Encode(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void VerifyMac(BlobKeys keys, string blobName)
    {
        CheckKeys(keys);
        if (!CryptographicOperations.FixedTimeEquals(Commitment.Span, keys.Commitment))
        {
            throw new IntegrityException($"The DEK of '{blobName}' is not the one it was protected with: its header was altered, or belongs to another blob.");
        }

        if (!CryptographicOperations.FixedTimeEquals(Mac.Span, ComputeMac(keys)))
        {
            throw new IntegrityException($"The header of '{blobName}' was altered: its MAC does not verify.");
        }
    }

    private BlobLayout LayOut(string blobName)
    {
        // The product of two numbers within their limits, so it does not overflow.
        if (PlaintextLength > ChunkSizeInBytes * EnvelopeFormat.MaxChunks)
        {
            throw Malformed($"{EnvelopeFields.Length} means more than {EnvelopeFormat.MaxChunks} chunks");
        }

        var layout = new BlobLayout(PlaintextLength, ChunkSizeInBytes, ChunksPerTableSegment);
        return InlineTable switch
        {
            null when layout.ChunkCount == 0 => throw Malformed($"{EnvelopeFields.Table} says tail, but an empty blob has none"),
            { } table when table.Length != layout.TableLength => throw Malformed($"{EnvelopeFields.Table} has {table.Length} bytes, not {layout.TableLength}"),
            _ => layout,
        };

        MalformedEnvelopeException Malformed(string fault) => new($"The envelope of '{blobName}' is malformed, although its MAC verifies: {fault}.");
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
        [EnvelopeFields.Length] = Encode(PlaintextLength),
        [EnvelopeFields.ChunkSize] = Encode(ChunkSizeInBytes),
        [EnvelopeFields.TableSegment] = Encode(ChunksPerTableSegment),
        [EnvelopeFields.Table] = InlineTable is { } table ? InlinePrefix + Encode(table) : Tail,
        [EnvelopeFields.Written] = Encode(WrittenOn.ToUnixTimeMilliseconds()),
        [EnvelopeFields.Branch] = Branch.ToString(),
        [EnvelopeFields.SealedDek] = Encode(SealedDek),
        [EnvelopeFields.KeyId] = Wrapping.KeyId.ToString(),
        [EnvelopeFields.KeyThumbprint] = Wrapping.KeyThumbprint,
        [EnvelopeFields.WrappedBranch] = Encode(Wrapping.WrappedKey),
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
