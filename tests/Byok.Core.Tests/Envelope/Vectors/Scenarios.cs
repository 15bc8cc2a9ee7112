using System.Security.Cryptography;
using System.Text;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope.Vectors;

/// <summary>All scenarios, by file name. The same bytes on every run.</summary>
internal sealed partial class Scenarios(WrappedBranches wrapped)
{
    private const int ChunkSize = 64;
    private const int Stored = ChunkSize + EnvelopeFormat.TagSizeInBytes;
    private const string Integrity = "integrity";
    private const string Malformed = "malformed";
    private const string Unsupported = "unsupported-version";
    private const string Unavailable = "key-unavailable";

    private readonly SortedDictionary<string, EnvelopeVector> _vectors = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, EnvelopeVector> Build()
    {
        AddGood();
        AddAlteredContent();
        AddAlteredTable();
        AddAlteredHeader();
        AddOtherVersions();
        AddMalformed();
        AddCopyAndRecord();
        AddPins();
        AddSealedDek();
        return _vectors;
    }

    private static byte[] Plaintext(int length) => new DeterministicRandom($"plaintext of {length}").Bytes(length);

    private static byte[] Chunk(byte[] content, int index) => content[(index * Stored)..((index + 1) * Stored)];

    private static byte[] Flip(byte[] bytes, int index)
    {
        var flipped = (byte[])bytes.Clone();
        flipped[index] ^= 1;
        return flipped;
    }

    private static BranchKey Branch(string name) => TestKeys.BranchOf(name);

    /// <summary>The key of the vectors: one version, which pins the branch "one" as current and "other" as sealed.</summary>
    private static VaultKey Active(KeyIdentifier? id = null, long activation = 1, bool isEnabled = true, RsaPublicKey? key = null, BranchPins? pins = null)
    {
        id ??= TestKeys.KeyId;
        return TestKeys.Version(id, key ?? TestKeys.PublicKey, KeyTags.Active, activation, pins ?? Pins(id.Name), isEnabled);
    }

    private static BranchPins Pins(string keyName = "archive") =>
        BranchPins.Start(keyName, Branch("one").Name).AddSealed(Branch("other").Name);

    private static VectorReader Reader(params VaultKey[] versions) => new(["archive"], versions, null);

    /// <summary>Computes the MAC anew over whatever stands in the header, as somebody can who has the branch key.</summary>
    private static TestBlob SignedAgain(TestBlob blob)
    {
        using var dek = blob.OpenDek();
        return SignedWith(blob, dek);
    }

    private static TestBlob SignedWith(TestBlob blob, DataEncryptionKey dek)
    {
        using var keys = dek.DeriveFor(blob.Header.BlobId);
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MacKey);
        mac.AppendData("byok/v1/header"u8);
        foreach (var (name, value) in blob.Metadata.Where(field => field.Key != EnvelopeFields.Mac).OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            foreach (var bytes in new[] { name, value }.Select(Encoding.UTF8.GetBytes))
            {
                mac.AppendData([0, 0, (byte)(bytes.Length >> 8), (byte)bytes.Length]);
                mac.AppendData(bytes);
            }
        }

        return blob.With(EnvelopeFields.Mac, Base64(mac.GetHashAndReset()));
    }

    private TestBlob Blob(
        int length,
        int segment = 2,
        TablePlacement placement = TablePlacement.Inline,
        string seed = "",
        string dekName = "one",
        string copy = WrappedBranches.One,
        int chunkSize = ChunkSize,
        string name = TestBlob.Name,
        byte[]? plaintext = null,
        string branchName = "one",
        BranchWrapping? wrapping = null)
    {
        using var dek = Dek(dekName);
        using var branch = Branch(branchName);
        var random = new DeterministicRandom($"{length} {segment} {placement} {seed} {dekName} {chunkSize}");
        return TestBlob.Create(plaintext ?? Plaintext(length), chunkSize, segment, placement, random, dek, name, branch, wrapping ?? wrapped.As(copy));
    }

    private static DataEncryptionKey Dek(string name) => DataEncryptionKey.Generate(new DeterministicRandom($"dek {name}").Fill);

    private void Good(
        string name, string scenario, TestBlob blob, byte[] plaintext, string asked = TestBlob.Name, bool allowRenamed = false, VectorReader? reader = null) =>
        Add(name, "good", scenario, blob, plaintext, asked, allowRenamed, reader);

    private void Bad(
        string name, string expected, string scenario, TestBlob blob, string asked = TestBlob.Name, bool allowRenamed = false, VectorReader? reader = null) =>
        Add(name, expected, scenario, blob, null, asked, allowRenamed, reader);

    private void Add(string name, string expected, string scenario, TestBlob blob, byte[]? plaintext, string asked, bool allowRenamed, VectorReader? reader)
    {
        reader ??= Reader(Active());
        _vectors.Add(name, new EnvelopeVector
        {
            Scenario = scenario,
            Expected = expected,
            Blob = asked,
            AllowRenamed = allowRenamed,
            AcceptedKeys = reader.Accepted,
            KeyVersions = [.. reader.Versions.Select(EnvelopeVector.KeyVersion.Of)],
            Record = reader.Record,
            Metadata = blob.Metadata,
            Content = blob.Content,
            Plaintext = plaintext,
        });
    }

    /// <summary>What a vector's reader knows beside the blob.</summary>
    private sealed record VectorReader(IReadOnlyList<string> Accepted, IReadOnlyList<VaultKey> Versions, byte[]? Record);

    private void AddGood()
    {
        Good("empty", "an empty blob: no chunks, no stored bytes, an empty inline table", Blob(0), []);
        foreach (var (name, length) in new[]
        {
            ("one_byte", 1), ("one_chunk_less_a_byte", 63), ("one_chunk", 64), ("one_chunk_and_a_byte", 65), ("two_chunks", 128),
            ("five_chunks_three_table_segments", 320), ("five_chunks_and_a_byte", 321),
        })
        {
            Good(name, $"{length} bytes in chunks of 64, two chunks a table segment", Blob(length), Plaintext(length));
        }

        var hello = Encoding.ASCII.GetBytes("Hello, envelope!");
        Good("worked_example", "the worked example of docs/FORMAT.md", Blob(16, segment: 1, plaintext: hello), hello, reader: WithRecord(wrapped.As(WrappedBranches.One)));
        Good("tail", "the BEK table after the last chunk", Blob(200, placement: TablePlacement.Tail), Plaintext(200));
        Good("tail_one_chunk_a_segment", "a table segment for each chunk", Blob(200, 1, TablePlacement.Tail), Plaintext(200));
        Good("tail_largest_segment", "one table segment, allowed far more chunks than there are", Blob(200, 32768, TablePlacement.Tail), Plaintext(200));
        Good("chunk_size_odd", "a chunk size that is no power of two", Blob(500, chunkSize: 101), Plaintext(500));
        Good("chunk_size_4_mib", "the chunk size that writers use, plaintext shorter than one chunk", Blob(100, 16, chunkSize: 4194304), Plaintext(100));
        Good("branch_wrapped_again", "the same branch key wrapped a second time", Blob(100, seed: "again", copy: WrappedBranches.OneAgain), Plaintext(100));
        Good("renamed_on_purpose", "read under another name, and the reader was told", Blob(100), Plaintext(100), "reports/renamed.pdf", allowRenamed: true);
        Good("name_not_ascii", "a blob name beyond ASCII; hashed as UTF-8", Blob(100, name: "Ärger/文書 1.txt"), Plaintext(100), "Ärger/文書 1.txt");

        var blob = Blob(100, seed: "case");
        Good("field_names_in_upper_case", "field names as a proxy may write them",
            blob with { Metadata = blob.Metadata.ToDictionary(field => field.Key.ToUpperInvariant(), field => field.Value) }, Plaintext(100));
        blob = Blob(100, seed: "user");
        Good("user_metadata_beside", "metadata of the user's own is not part of the envelope",
            blob.With("Author", "me").With("byokish", "not reserved").With("x_byok_format", "2"), Plaintext(100));
        Good("sealed_anew", "moved from a branch that is retired now", SealedAnew(Blob(100, seed: "anew", branchName: "stranger", copy: WrappedBranches.Stranger), "stranger"), Plaintext(100));
        Good("chunks_sealed_before_their_place_was_known", "chunks that changed places before the table was sealed: a chunk does not name its place",
            ExchangeBeks(Blob(200)), [.. Plaintext(200)[64..128], .. Plaintext(200)[..64], .. Plaintext(200)[128..]]);
        foreach (var (name, scenario, id) in new[]
        {
            ("key_id_host_of_four_numbers", "a vault at an IPv4 address and a port", "https://127.0.0.1:65535/keys/A-1/Z9"),
            ("key_id_of_465_characters", "the longest key identifier", TestKeys.LongKeyId(465)),
            ("key_id_of_one_label", "a vault whose name is one label", "https://localhost:8443/keys/archive/2"),
        })
        {
            var keyId = KeyIdentifier.Parse(id);
            Good(name, scenario, Blob(100, seed: name, wrapping: wrapped.As(WrappedBranches.One, keyId)), Plaintext(100), reader: new([keyId.Name], [Active(keyId)], null));
        }
    }

    private TestBlob SealedAnew(TestBlob blob, string from)
    {
        using var old = Branch(from);
        using var dek = blob.OpenDek(old);
        using var keys = dek.DeriveFor(blob.Header.BlobId);
        using var branch = Branch("one");
        var anew = blob.Header with
        {
            WrittenOn = EnvelopeHeader.NextWrittenOn(TestBlob.WrittenOn, blob.Header.WrittenOn),
            Branch = branch.Name,
            SealedDek = branch.SealDek(dek, blob.Header.BlobId, new DeterministicRandom("anew").Fill),
            Wrapping = wrapped.As(WrappedBranches.One),
        };
        return blob with { Metadata = anew.Sign(keys).ToMetadata() };
    }

    private void AddAlteredContent()
    {
        var blob = Blob(200);
        var other = Blob(200, seed: "other");
        var c = blob.Content;
        void Content(string name, string scenario, byte[] content) => Bad(name, Integrity, scenario, blob with { Content = content });

        Content("chunk_first_byte_flipped", "a bit of the first ciphertext byte", Flip(c, 0));
        Content("chunk_tag_flipped", "a bit of the first chunk's tag", Flip(c, Stored - 1));
        Content("chunk_last_tag_flipped", "a bit of the last chunk's tag", Flip(c, c.Length - 1));
        Content("chunks_swapped", "chunks 0 and 1 exchanged", [.. Chunk(c, 1), .. Chunk(c, 0), .. c[(2 * Stored)..]]);
        Content("chunk_dropped", "chunk 1 missing", [.. Chunk(c, 0), .. c[(2 * Stored)..]]);
        Content("chunk_doubled", "chunk 0 twice, the rest moved", [.. Chunk(c, 0), .. c]);
        Content("chunk_repeated_in_place", "chunk 0 in place of chunk 1", [.. Chunk(c, 0), .. Chunk(c, 0), .. c[(2 * Stored)..]]);
        Content("chunk_of_another_blob", "chunk 1 of another blob under the same DEK", [.. Chunk(c, 0), .. Chunk(other.Content, 1), .. c[(2 * Stored)..]]);
        Content("content_of_another_blob", "the whole content of another blob under the same DEK", other.Content);
        Content("truncated_by_a_byte", "the last byte missing", c[..^1]);
        Content("truncated_at_a_chunk", "the last chunks missing", c[..(2 * Stored)]);
        Content("truncated_to_nothing", "no content", []);
        Content("extended_by_a_byte", "a byte more", [.. c, 0]);
        Content("extended_by_a_chunk", "a chunk more", [.. c, .. Chunk(c, 0)]);
        Bad("truncated_with_length_to_match", Integrity, "cut at a chunk, byok_length and byok_table cut to match",
            TruncateToFirstSegment(blob) with { Content = c[..(2 * Stored)] });
    }

    private static TestBlob TruncateToFirstSegment(TestBlob blob)
    {
        var table = blob.Header.InlineTable!;
        return blob.With(EnvelopeFields.Length, "128")
            .With(EnvelopeFields.Table, "inline." + System.Buffers.Text.Base64Url.EncodeToString(table.AsSpan(0, 28 + 64)));
    }

    private static TestBlob ExchangeBeks(TestBlob blob)
    {
        var header = blob.Header;
        var layout = new BlobLayout(header.PlaintextLength, header.ChunkSizeInBytes, header.ChunksPerTableSegment);
        using var dek = blob.OpenDek();
        using var keys = dek.DeriveFor(header.BlobId);
        var table = (byte[])header.InlineTable!.Clone();
        var segment = table.AsSpan(0, 28 + 64);
        var beks = new byte[64];
        BekTable.OpenSegment(keys, layout, 0, segment, beks);
        BekTable.SealSegment(keys, layout, 0, [.. beks[32..], .. beks[..32]], new DeterministicRandom("exchange").Fill).CopyTo(segment);
        var c = blob.Content;
        return new TestBlob((header with { InlineTable = table }).Sign(keys).ToMetadata(), [.. Chunk(c, 1), .. Chunk(c, 0), .. c[(2 * Stored)..]]);
    }

    private void AddAlteredTable()
    {
        var blob = Blob(200);
        var other = Blob(200, seed: "other");
        var tail = Blob(200, placement: TablePlacement.Tail);
        var otherTail = Blob(200, placement: TablePlacement.Tail, seed: "other");
        var start = (int)new BlobLayout(200, ChunkSize, 2).CiphertextLength;
        var c = tail.Content;
        void Tail(string name, string scenario, byte[] content) => Bad(name, Integrity, scenario, tail with { Content = content });

        Bad("table_of_another_blob", Integrity, "the inline table of another blob under the same DEK",
            blob.With(EnvelopeFields.Table, other.Metadata[EnvelopeFields.Table]));
        Bad("table_moved_to_the_tail", Integrity, "a valid inline table, moved after the last chunk, byok_table = tail",
            blob.With(EnvelopeFields.Table, "tail") with { Content = [.. blob.Content, .. blob.Header.InlineTable!] });
        Tail("tail_nonce_flipped", "a bit of a table segment's nonce", Flip(c, start));
        Tail("tail_bek_flipped", "a bit of a sealed BEK", Flip(c, start + 12));
        Tail("tail_tag_flipped", "a bit of the last table segment's tag", Flip(c, c.Length - 1));
        Tail("tail_segments_swapped", "the two table segments exchanged", [.. c[..start], .. c[(start + 92)..], .. c[start..(start + 92)]]);
        Tail("tail_missing", "the table cut off", c[..start]);
        Tail("tail_truncated", "the last table segment cut off", c[..(start + 92)]);
        Tail("tail_of_another_blob", "the tail of another blob under the same DEK", [.. c[..start], .. otherTail.Content[start..]]);
    }

    private void AddAlteredHeader()
    {
        var blob = Blob(200);
        var other = Blob(200, seed: "header", dekName: "other", branchName: "other", copy: WrappedBranches.Other);
        void From(string name, string field) => Bad(name, Integrity, $"{field} of another blob", blob.With(field, other.Metadata[field]));
        void Set(string name, string scenario, string field, string value) => Bad(name, Integrity, scenario, blob.With(field, value));

        From("wrapped_branch_of_another_branch", EnvelopeFields.WrappedBranch);
        From("branch_of_another_blob", EnvelopeFields.Branch);
        From("sealed_dek_of_another_blob", EnvelopeFields.SealedDek);
        From("blob_id_of_another_blob", EnvelopeFields.BlobId);
        From("commitment_of_another_blob", EnvelopeFields.Commitment);
        From("mac_of_another_blob", EnvelopeFields.Mac);
        Bad("header_of_another_blob", Integrity, "the whole metadata of another blob of the same name and length", blob with { Metadata = other.Metadata });
        Bad("whole_blob_over_another_name", Integrity, "content and metadata copied over another name", blob, "reports/other.pdf");
        Bad("name_hash_of_another_name", Integrity, "copied over another name, the name hash replaced to match",
            blob.With(EnvelopeFields.NameHash, Base64(EnvelopeHeader.HashName(TestBlob.Container, "reports/other.pdf"))), "reports/other.pdf");
        Bad("renamed_and_altered", Integrity, "told that it was renamed, but the header was altered too",
            blob.With(EnvelopeFields.Written, "1767323045679"), "reports/other.pdf", allowRenamed: true);
        Set("written_later", "a time of writing a millisecond later, without a new MAC", EnvelopeFields.Written, "1767323045679");
        Set("key_id_replaced", "another version of the key", EnvelopeFields.KeyId, "https://contoso.vault.azure.net/keys/archive/0");
        Set("key_name_replaced", "a key that is not accepted", EnvelopeFields.KeyId, "https://contoso.vault.azure.net/keys/archive2/0123456789abcdef0123456789abcdef");
        Set("key_thumbprint_replaced", "the thumbprint of a key that is not the one", EnvelopeFields.KeyThumbprint, Base64(new byte[32]));
        Set("length_lowered", "a byte less, the table's length unchanged", EnvelopeFields.Length, "199");
        Set("chunk_size_raised", "chunks of 65, as many as before", EnvelopeFields.ChunkSize, "65");
        Set("table_segment_raised", "three chunks a table segment: as many table segments as before", EnvelopeFields.TableSegment, "3");
        Set("commitment_zero", "a commitment of zeros", EnvelopeFields.Commitment, Base64(new byte[32]));
        Set("mac_zero", "a MAC of zeros", EnvelopeFields.Mac, Base64(new byte[32]));
        Set("wrapped_branch_flipped", "a bit of the wrapped branch key", EnvelopeFields.WrappedBranch, Base64(Flip(wrapped.Bytes(WrappedBranches.One), 100)));
        Set("wrapped_branch_replaced", "another wrapping of the right key, without a new MAC", EnvelopeFields.WrappedBranch, Base64(wrapped.Bytes(WrappedBranches.OneAgain)));
        Bad("wrapped_branch_by_oaep_sha1", Integrity, "the right branch key, wrapped by OAEP with SHA-1", Blob(200, copy: WrappedBranches.OneBySha1));
        Bad("wrapped_branch_of_31_bytes", Integrity, "31 bytes, wrapped correctly", Blob(200, copy: WrappedBranches.ShortKey));
        Set("length_of_too_many_chunks", "2^31 + 1 bytes in chunks of 64", EnvelopeFields.Length, "2147483649");
        Set("length_unlike_the_table", "more chunks than the inline table has BEKs", EnvelopeFields.Length, "300");
        Set("table_short", "the inline table a byte short", EnvelopeFields.Table, blob.Metadata[EnvelopeFields.Table][..^2]);
        Bad("tail_of_an_empty_blob", Integrity, "tail, but there are no chunks", Blob(0).With(EnvelopeFields.Table, "tail"));
    }

    private void AddOtherVersions()
    {
        var blob = Blob(100, seed: "version");
        Bad("version_0", Unsupported, "format 0", blob.With(EnvelopeFields.Format, "0"));
        Bad("version_2", Unsupported, "format 2", blob.With(EnvelopeFields.Format, "2"));
        Bad("version_2_unlike_1", Unsupported, "format 2 with fields that version 1 does not know, and without those it does",
            blob with { Metadata = new() { ["byok_format"] = "2", ["byok_new"] = "x" } });
    }

    private void AddMalformed()
    {
        var blob = Blob(200);
        var id = blob.Metadata[EnvelopeFields.BlobId];
        var table = blob.Metadata[EnvelopeFields.Table];
        void Set(string name, string scenario, string field, string value) => Bad(name, Malformed, scenario, blob.With(field, value));

        Bad("not_protected", Malformed, "no field of the envelope", blob with { Metadata = new() { ["author"] = "me" } });
        foreach (var field in EnvelopeFields.All)
        {
            var metadata = new Dictionary<string, string>(blob.Metadata);
            metadata.Remove(field);
            Bad($"missing_{field[5..]}", Malformed, $"no {field}", blob with { Metadata = metadata });
        }

        Set("field_unknown", "a reserved name that is no field", "byok_comment", "x");
        Set("field_twice", "a field twice, in another case", "BYOK_MAC", blob.Metadata[EnvelopeFields.Mac]);
        Set("version_not_a_number", "format one", EnvelopeFields.Format, "one");
        Set("version_leading_zero", "format 01", EnvelopeFields.Format, "01");
        Set("base64_padded", "a blob id with padding", EnvelopeFields.BlobId, id + "==");
        Set("base64_unused_bits", "a blob id whose last character has unused bits set", EnvelopeFields.BlobId, id[..^1] + (char)(id[^1] + 1));
        Set("base64_standard_alphabet", "a plus sign", EnvelopeFields.BlobId, "+" + id[1..]);
        Set("base64_space", "a blob id with a space after it", EnvelopeFields.BlobId, id + " ");
        Set("blob_id_of_15_bytes", "a short blob id", EnvelopeFields.BlobId, Base64(new byte[15]));
        Set("length_leading_zero", "0200", EnvelopeFields.Length, "0200");
        Set("length_sign", "+200", EnvelopeFields.Length, "+200");
        Set("length_empty", "an empty value", EnvelopeFields.Length, "");
        Set("length_beyond_the_limit", "2^47 + 1", EnvelopeFields.Length, "140737488355329");
        Set("length_of_16_digits", "more digits than a decimal may have", EnvelopeFields.Length, "1000000000000000");
        Bad("signed_length_of_too_many_chunks", Malformed, "2^31 + 1 bytes in chunks of 64, under a MAC that verifies",
            SignedAgain(Blob(200, placement: TablePlacement.Tail).With(EnvelopeFields.Length, "2147483649")));
        Bad("signed_length_unlike_the_table", Malformed, "more chunks than the inline table has BEKs, under a MAC that verifies",
            SignedAgain(blob.With(EnvelopeFields.Length, "300")));
        Bad("signed_table_short", Malformed, "the inline table a byte short, under a MAC that verifies", SignedAgain(blob.With(EnvelopeFields.Table, table[..^2])));
        Bad("signed_tail_of_an_empty_blob", Malformed, "tail, but there are no chunks, under a MAC that verifies",
            SignedAgain(Blob(0).With(EnvelopeFields.Table, "tail")));
        Set("chunk_size_63", "below the limit", EnvelopeFields.ChunkSize, "63");
        Set("chunk_size_4_mib_and_a_byte", "above the limit", EnvelopeFields.ChunkSize, "4194305");
        Set("table_segment_0", "no chunks in a segment", EnvelopeFields.TableSegment, "0");
        Set("table_segment_32769", "above the limit", EnvelopeFields.TableSegment, "32769");
        Set("written_empty", "an empty value", EnvelopeFields.Written, "");
        Set("written_beyond_the_limit", "in the year 10000", EnvelopeFields.Written, "253402300800000");
        Set("branch_of_31_bytes", "a short name", EnvelopeFields.Branch, Base64(new byte[31]));
        Set("branch_unused_bits", "a name whose last character has unused bits set", EnvelopeFields.Branch, blob.Metadata[EnvelopeFields.Branch][..^1] + "_");
        Set("sealed_dek_of_59_bytes", "a short sealed DEK", EnvelopeFields.SealedDek, Base64(new byte[59]));
        Set("sealed_dek_of_61_bytes", "a long sealed DEK", EnvelopeFields.SealedDek, Base64(new byte[61]));
        Set("table_not_base64", "a table that is not base64url", EnvelopeFields.Table, "inline.=");
        Set("table_longer_than_all_metadata", "8,193 characters", EnvelopeFields.Table, "inline." + new string('A', 8186));
        Set("table_elsewhere", "neither inline nor tail", EnvelopeFields.Table, "footer");
        Set("table_in_upper_case", "INLINE.", EnvelopeFields.Table, "INLINE." + table[7..]);
        Set("key_id_http", "not https", EnvelopeFields.KeyId, "http://contoso.vault.azure.net/keys/archive/01");
        Set("key_id_without_version", "no version", EnvelopeFields.KeyId, "https://contoso.vault.azure.net/keys/archive");
        Set("key_id_upper_case_host", "a host in upper case", EnvelopeFields.KeyId, "https://CONTOSO.vault.azure.net/keys/archive/01");
        Set("key_id_user", "user information", EnvelopeFields.KeyId, "https://user@contoso.vault.azure.net/keys/archive/01");
        Set("key_id_port_443", "the port that is left out", EnvelopeFields.KeyId, "https://contoso.vault.azure.net:443/keys/archive/01");
        Set("key_id_of_466_characters", "a key identifier longer than any may be", EnvelopeFields.KeyId, TestKeys.LongKeyId(466));
        Set("key_id_label_of_64_characters", "a label longer than any may be", EnvelopeFields.KeyId, $"https://{new string('a', 64)}.net/keys/archive/01");
        Set("key_id_query", "a query", EnvelopeFields.KeyId, "https://contoso.vault.azure.net/keys/archive/01?a=b");
        Set("key_id_host_ends_in_a_dot", "a host that ends in a dot", EnvelopeFields.KeyId, "https://contoso.vault.azure.net./keys/archive/01");
        Set("key_id_host_with_a_dash_first", "a label that begins with a dash", EnvelopeFields.KeyId, "https://-contoso.vault.azure.net/keys/archive/01");
        Set("key_id_host_of_three_numbers", "an IPv4 address in an older form", EnvelopeFields.KeyId, "https://10.0.1/keys/archive/01");
        Set("key_id_host_of_five_numbers", "neither an IPv4 address nor a name", EnvelopeFields.KeyId, "https://10.0.0.0.1/keys/archive/01");
        Set("key_id_port_0", "no port", EnvelopeFields.KeyId, "https://contoso.vault.azure.net:0/keys/archive/01");
        Set("key_id_port_65536", "no port", EnvelopeFields.KeyId, "https://contoso.vault.azure.net:65536/keys/archive/01");
        Set("thumbprint_short", "31 bytes", EnvelopeFields.KeyThumbprint, Base64(new byte[31]));
        Set("wrapped_branch_of_255_bytes", "no RSA size", EnvelopeFields.WrappedBranch, Base64(new byte[255]));
        Set("mac_of_33_bytes", "a long MAC", EnvelopeFields.Mac, Base64(new byte[33]));
    }

    private static string Base64(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
