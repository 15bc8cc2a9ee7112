using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope;

public sealed class EnvelopeHeaderTests
{
    private static readonly TestBlob Blob = TestBlob.Create(new byte[200]);

    [Fact]
    public void Parse_NoFields_SaysThatTheBlobIsNotProtected()
    {
        var failure = Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse([new("author", "me")], "a.txt"));

        Assert.Contains("'a.txt' is not protected", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("2")]
    [InlineData("10")]
    public void Parse_OtherVersion_IsUnsupportedWhateverElseIsThere(string version) =>
        Assert.Throws<UnsupportedEnvelopeVersionException>(() => EnvelopeHeader.Parse([new("byok_format", version), new("byok_new", "x")], "a"));

    [Theory]
    [InlineData("01")]
    [InlineData("")]
    [InlineData("+1")]
    [InlineData("1.0")]
    [InlineData("1000000000000000")]
    [InlineData("١")]
    public void Parse_VersionNotADecimal_IsMalformed(string version) =>
        Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(Blob.With("byok_format", version).Metadata, "a"));

    [Theory]
    [InlineData("byok_length", "140737488355329")]
    [InlineData("byok_chunk_size", "63")]
    [InlineData("byok_chunk_size", "4194305")]
    [InlineData("byok_table_segment", "0")]
    [InlineData("byok_table_segment", "32769")]
    [InlineData("byok_written", "253402300800000")]
    [InlineData("byok_written", "-1")]
    [InlineData("byok_branch", "")]
    [InlineData("byok_sealed_dek", "AAAA")]
    [InlineData("byok_table", "tail.")]
    [InlineData("byok_table", "Tail")]
    [InlineData("byok_table", "inline.A")]
    [InlineData("byok_key_id", "http://contoso.vault.azure.net/keys/archive/01")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net/keys/archive")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net/keys/archive/01/")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net:443/keys/archive/01")]
    [InlineData("byok_key_id", "https://Contoso.vault.azure.net/keys/archive/01")]
    [InlineData("byok_key_id", "https://user@contoso.vault.azure.net/keys/archive/01")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net/x/../keys/archive/01")]
    [InlineData("byok_key_id", "https://hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh.net/keys/archive/01")]
    [InlineData("byok_extra", "1")]
    public void Parse_FieldBeyondItsLimitOrForm_IsMalformed(string field, string value) =>
        Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(Blob.With(field, value).Metadata, "a"));

    [Theory]
    [InlineData("byok_length", "140737488355328", "byok_chunk_size", "4194304")] // 2^47 bytes are exactly 2^25 chunks of 4 MiB
    [InlineData("byok_length", "2147483648", "byok_chunk_size", "64")] // exactly 2^25 chunks of 64 bytes
    [InlineData("byok_table_segment", "1", "byok_length", "1")]
    [InlineData("byok_table_segment", "32768", "byok_length", "1")]
    [InlineData("byok_written", "253402300799999", "byok_length", "1")]
    [InlineData("byok_written", "0", "byok_length", "1")]
    [InlineData("byok_length", "2147483649", "byok_chunk_size", "64")] // too many chunks, which is told once the MAC has verified
    public void Parse_FieldAtItsLimit_IsRead(string field, string value, string other, string otherValue)
    {
        var metadata = Blob.With("byok_table", "tail").With(field, value).With(other, otherValue).Metadata;

        var header = EnvelopeHeader.Parse(metadata, "a");

        Assert.Equal(metadata, header.ToMetadata());
    }

    [Theory]
    [InlineData("byok_length", "x", "is not a canonical decimal from 0 to 140737488355328")]
    [InlineData("byok_format", "x", "is not a canonical decimal")]
    [InlineData("byok_table", "Tail", "is neither inline nor tail")]
    [InlineData("byok_table", "inline.=", "is not canonical base64url")]
    [InlineData("byok_branch", "x", "is not 32 bytes in canonical base64url")]
    [InlineData("byok_sealed_dek", "x", "is not 60 bytes in canonical base64url")]
    [InlineData("byok_written", "253402300800000", "is not a canonical decimal from 0 to 253402300799999")]
    [InlineData("byok_key_id", "x", "is not a versioned key identifier (https://vault/keys/name/version)")]
    [InlineData("byok_wrapped_branch", "x", "is not 256 or 384 or 512 bytes in canonical base64url")]
    [InlineData("byok_mac", "", "is not 32 bytes in canonical base64url")]
    [InlineData("byok_extra", "1", "is no field of the format")]
    public void Parse_MalformedField_NamesBlobFieldAndFault(string field, string value, string fault)
    {
        var failure = Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(Blob.With(field, value).Metadata, "a.txt"));

        Assert.Equal($"The envelope of 'a.txt' is malformed: {field} {fault}.", failure.Message);
    }

    [Fact]
    public void Parse_FieldMissingOrTwice_NamesIt()
    {
        var without = Blob.Metadata.Where(field => field.Key != "byok_mac");
        KeyValuePair<string, string>[] twice = [.. Blob.Metadata, new("BYOK_MAC", "x")];
        var unversioned = Blob.Metadata.Where(field => field.Key != "byok_format");

        Assert.Contains("byok_mac is missing.", Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(without, "a")).Message, StringComparison.Ordinal);
        Assert.Contains("BYOK_MAC is there twice.", Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(twice, "a")).Message, StringComparison.Ordinal);
        Assert.Contains("byok_format is missing.", Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(unversioned, "a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_OtherVersion_SaysWhichAndWhatToDo() => Assert.Equal(
        "'a' is in envelope format version 2; this build reads version 1. Read it with a newer build.",
        Assert.Throws<UnsupportedEnvelopeVersionException>(() => EnvelopeHeader.Parse(Blob.With("byok_format", "2").Metadata, "a")).Message);

    [Theory]
    [InlineData(465, true)]
    [InlineData(466, false)]
    public void Parse_LongKeyId_IsReadUpToItsLimit(int length, bool isRead)
    {
        var id = TestKeys.LongKeyId(length);
        Assert.Equal(length, id.Length);
        var metadata = Blob.With("byok_key_id", id).Metadata;

        if (isRead)
        {
            Assert.Equal(id, EnvelopeHeader.Parse(metadata, "a").Wrapping.KeyId.ToString());
        }
        else
        {
            Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(metadata, "a"));
        }
    }

    [Fact]
    public void Verify_EachFailure_SaysWhatIsWrong()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");
        using var dek = Blob.OpenDek();
        using var keys = dek.DeriveFor(header.BlobId);
        using var otherDek = DataEncryptionKey.Generate();
        using var otherKeys = otherDek.DeriveFor(header.BlobId);
        using var keysOfAnotherBlob = dek.DeriveFor(BlobId.New());

        string Refusal(EnvelopeHeader altered, BlobKeys with, string name = TestBlob.Name) =>
            Assert.Throws<IntegrityException>(() => altered.Verify(with, TestBlob.Container, name)).Message;

        Assert.Contains("another blob was copied over it, or it was renamed. If that was on purpose, say so when reading.", Refusal(header, keys, "b"), StringComparison.Ordinal);
        Assert.StartsWith("'b' in 'protected' was protected under another name", Refusal(header, keys, "b"), StringComparison.Ordinal);
        Assert.StartsWith($"The DEK of '{TestBlob.Name}' is not the one", Refusal(header, otherKeys), StringComparison.Ordinal);
        Assert.Equal($"The header of '{TestBlob.Name}' was altered: its MAC does not verify.", Refusal(header with { WrittenOn = header.WrittenOn.AddMilliseconds(1) }, keys));
        Assert.Throws<ArgumentException>("keys", () => header.Verify(keysOfAnotherBlob, TestBlob.Container, TestBlob.Name));
        Assert.Throws<ArgumentNullException>("keys", () => header.Verify(null!, TestBlob.Container, TestBlob.Name));
    }

    [Fact]
    public void Parse_FormOfBeforeTheFirstRelease_SaysThatAnEarlierBuildMadeIt()
    {
        var metadata = new Dictionary<string, string>(Blob.Metadata) { ["BYOK_wrapped_dek"] = "x" };
        Assert.Contains("BYOK_wrapped_dek is no field", Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(metadata, "a")).Message, StringComparison.Ordinal);
        metadata.Remove("byok_branch");

        Assert.Equal(
            "'a' was made by an earlier build, in a form that is not read any more; protect its plaintext again.",
            Assert.Throws<EarlierBuildException>(() => EnvelopeHeader.Parse(metadata, "a")).Message);
        metadata["byok_format"] = "2";
        Assert.Throws<UnsupportedEnvelopeVersionException>(() => EnvelopeHeader.Parse(metadata, "a"));
    }

    [Fact]
    public void Parse_NamesInAnotherCase_VerifiesTheSame()
    {
        var upper = Blob.Metadata.ToDictionary(field => field.Key.ToUpperInvariant(), field => field.Value);

        var reader = (Blob with { Metadata = upper }).Open();

        Assert.Equal(Blob.Metadata, reader.Header.ToMetadata());
    }

    [Fact]
    public void Parse_WhatToMetadataWrote_GivesTheSameMetadata()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");

        Assert.Equal(Blob.Metadata, header.ToMetadata());
    }

    [Fact]
    public async Task SealAnew_OtherBranch_ChangesExactlyWhatItMustAndReads()
    {
        using var dek = Blob.OpenDek();
        using var branch = BranchKey.Generate();
        var wrapping = branch.WrapWith(TestKeys.NewKeyId, TestKeys.NewPublicKey);

        var anew = Blob.Header.SealAnew(dek, branch, wrapping, TestBlob.WrittenOn.AddDays(1), TestBlob.Name);

        Assert.Equal((branch.Name, wrapping, TestBlob.WrittenOn.AddDays(1)), (anew.Branch, anew.Wrapping, anew.WrittenOn));
        string[] changed = ["byok_branch", "byok_key_id", "byok_key_thumbprint", "byok_mac", "byok_sealed_dek", "byok_wrapped_branch", "byok_written"];
        Assert.Equal(changed, anew.ToMetadata().Where(f => Blob.Metadata[f.Key] != f.Value).Select(f => f.Key).Order());
        var reader = new TestReader(
            [TestKeys.Version(TestKeys.NewKeyId, TestKeys.NewPublicKey, KeyTags.Active, 1, BranchPins.Start("archive", branch.Name))], TestKeys.Accepted, null);
        Assert.Equal(new byte[200], await (Blob with { Metadata = anew.ToMetadata() }).ReadAsync(reader, false, TestBlob.Name));
        await Assert.ThrowsAsync<IntegrityException>(() => Blob.ReadAsync(reader, false, TestBlob.Name));
    }

    [Fact]
    public void SealAnew_AlteredHeaderOrOtherDek_IsRefused()
    {
        using var dek = Blob.OpenDek();
        using var otherDek = DataEncryptionKey.Generate();
        var altered = Blob.With("byok_written", "7").Header;

        Assert.Throws<IntegrityException>(() => altered.SealAnew(dek, TestKeys.Branch, TestKeys.Wrapping, TestBlob.WrittenOn, TestBlob.Name));
        Assert.Throws<IntegrityException>(() => Blob.Header.SealAnew(otherDek, TestKeys.Branch, TestKeys.Wrapping, TestBlob.WrittenOn, TestBlob.Name));
        Assert.Throws<ArgumentNullException>("dek", () => altered.SealAnew(null!, TestKeys.Branch, TestKeys.Wrapping, TestBlob.WrittenOn, TestBlob.Name));
        Assert.Throws<ArgumentNullException>("branch", () => altered.SealAnew(dek, null!, TestKeys.Wrapping, TestBlob.WrittenOn, TestBlob.Name));
        Assert.Throws<ArgumentNullException>("wrapping", () => altered.SealAnew(dek, TestKeys.Branch, null!, TestBlob.WrittenOn, TestBlob.Name));
    }

    [Theory]
    [InlineData(1, 1)] // now is later than what stands
    [InlineData(0, 1)] // it never stays the same
    [InlineData(-1, 1)] // a clock that is behind
    [InlineData(-300_000, 1)] // as far as clocks may be apart
    [InlineData(-300_001, -300_001)] // further, so what stands does not bind
    public void NextWrittenOn_ClockAndStandingValue_GrowsUnlessTheValueIsFarInTheFuture(int nowInMilliseconds, int expectedInMilliseconds)
    {
        // Counted from what stands.
        var now = TestBlob.WrittenOn.AddMilliseconds(nowInMilliseconds);

        Assert.Equal(TestBlob.WrittenOn.AddMilliseconds(expectedInMilliseconds), EnvelopeHeader.NextWrittenOn(now.AddTicks(9), Blob.Header.WrittenOn));
        Assert.Equal(now, EnvelopeHeader.NextWrittenOn(now.AddTicks(9), null));
    }

    [Fact]
    public void Sign_FieldThatNoReaderWouldTake_IsMisuse()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(header.BlobId);
        using var otherKeys = dek.DeriveFor(BlobId.New());

        var misuse = Assert.Throws<ArgumentException>(() => (header with { SealedDek = new byte[59] }).Sign(keys));
        Assert.StartsWith("The header cannot be written: ", misuse.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => (header with { WrittenOn = DateTimeOffset.UnixEpoch.AddMilliseconds(-1) }).Sign(keys));
        Assert.Throws<ArgumentException>(() => (header with { PlaintextLength = (1L << 31) + 1 }).Sign(keys));
        Assert.Throws<ArgumentException>(() => (header with { PlaintextLength = 0, InlineTable = null }).Sign(keys));
        Assert.Throws<ArgumentException>(() => (header with { InlineTable = [] }).Sign(keys));
        Assert.Throws<ArgumentException>(() => header.Sign(otherKeys));
    }

    [Fact]
    public void ToMetadata_NotSigned_IsMisuse() =>
        Assert.Throws<InvalidOperationException>(() => (EnvelopeHeader.Parse(Blob.Metadata, "a") with { Mac = default }).ToMetadata());

    [Fact]
    public void ToMetadata_WithTheUsersOwn_KeepsItAndLeavesReservedNamesOut()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");

        var all = header.ToMetadata([new("Author", "me"), new("BYOK_key", "archive"), new("byok_mac", "forged")]);

        Assert.Equal("me", all["author"]);
        Assert.Equal(Blob.Metadata["byok_mac"], all["byok_mac"]);
        Assert.DoesNotContain("byok_key", all.Keys);
        Assert.Equal(["Author"], UserMetadata.Of(all).Keys);
    }

    [Fact]
    public void Misuse_NullOrUnsigned_IsNamed()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");
        using var dek = Blob.OpenDek();
        using var keys = dek.DeriveFor(header.BlobId);

        Assert.Throws<ArgumentNullException>("metadata", () => EnvelopeHeader.Parse(null!, "a"));
        Assert.Throws<ArgumentNullException>("blobName", () => EnvelopeHeader.Parse(Blob.Metadata, null!));
        Assert.Throws<ArgumentNullException>("container", () => EnvelopeHeader.HashName(null!, "a"));
        Assert.Throws<ArgumentNullException>("blobName", () => EnvelopeHeader.HashName("a", null!));
        Assert.Equal(
            "Sign the header before it is written.",
            Assert.Throws<InvalidOperationException>(() => (header with { Mac = default }).ToMetadata()).Message);
        using var otherKeys = dek.DeriveFor(BlobId.New());
        Assert.StartsWith("The keys were derived for another blob id.", Assert.Throws<ArgumentException>(() => header.Sign(otherKeys)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reader_MisusedOrCut_SaysWhatIsWrong()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");
        using var dek = Blob.OpenDek();
        var source = new MemoryRangeSource(Blob.Content);
        EnvelopeReader Open(byte[] content) => EnvelopeReader.Open(header, dek, TestReader.Keep(dek), new MemoryRangeSource(content), TestBlob.Container, TestBlob.Name);

        Assert.Throws<ArgumentNullException>("header", () => EnvelopeReader.Open(null!, dek, TestReader.Keep(dek), source, TestBlob.Container, TestBlob.Name));
        Assert.Throws<ArgumentNullException>("dek", () => EnvelopeReader.Open(header, null!, TestReader.Keep(dek), source, TestBlob.Container, TestBlob.Name));
        Assert.Throws<ArgumentNullException>("source", () => EnvelopeReader.Open(header, dek, TestReader.Keep(dek), null!, TestBlob.Container, TestBlob.Name));
        Assert.Equal(
            $"'{TestBlob.Name}' holds 263 bytes instead of 264: it was truncated.",
            Assert.Throws<IntegrityException>(() => Open(Blob.Content[..^1])).Message);
        Assert.EndsWith("it was extended.", Assert.Throws<IntegrityException>(() => Open([.. Blob.Content, 0])).Message, StringComparison.Ordinal);

        var reader = Open(Blob.Content);
        var misuse = await Assert.ThrowsAsync<ArgumentException>("buffer", () => reader.ReadChunkAsync(0, new byte[79]).AsTask());
        Assert.StartsWith("Chunk 0 needs a buffer of 80 bytes, not 79.", misuse.Message, StringComparison.Ordinal);
        var altered = Open([.. Blob.Content.Select(one => (byte)(one ^ 1))]);
        var refusal = await Assert.ThrowsAsync<IntegrityException>(() => altered.ReadChunkAsync(0, new byte[80]).AsTask());
        Assert.StartsWith($"'{TestBlob.Name}' does not verify: Chunk 0", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(64, await reader.ReadChunkAsync(0, new byte[80]));
    }

    [Fact]
    public async Task ReadChunkAsync_KeyIsTakenAwayAfterOpening_ReadsNothing()
    {
        using var dek = Blob.OpenDek();
        var opener = TestReader.Keep(dek);
        var isRevoked = false;
        var reader = EnvelopeReader.Open(
            Blob.Header, dek, stop => isRevoked ? throw new KeyUnavailableException("revoked") : opener(stop), new MemoryRangeSource(Blob.Content), TestBlob.Container, TestBlob.Name);
        Assert.Equal(64, await reader.ReadChunkAsync(0, new byte[80]));

        isRevoked = true;
        var buffer = new byte[80];

        await Assert.ThrowsAsync<KeyUnavailableException>(() => reader.ReadChunkAsync(0, buffer).AsTask());
        await Assert.ThrowsAsync<KeyUnavailableException>(() => reader.ReadChunkAsync(1, buffer).AsTask());
        Assert.Equal(Blob.Content.AsSpan(80, 80).ToArray(), buffer); // as it is stored
    }

    [Fact]
    public void HashName_ContainerAndBlobSplitElsewhere_Differs() =>
        Assert.NotEqual(EnvelopeHeader.HashName("a", "bc"), EnvelopeHeader.HashName("ab", "c"));
}
