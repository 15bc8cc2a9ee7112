using System.Buffers.Text;
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
    [InlineData("byok_length", "99999999999")]
    [InlineData("byok_chunk_size", "63")]
    [InlineData("byok_chunk_size", "4194305")]
    [InlineData("byok_table_segment", "0")]
    [InlineData("byok_table_segment", "32769")]
    [InlineData("byok_generation", "0")]
    [InlineData("byok_table", "tail.")]
    [InlineData("byok_table", "Tail")]
    [InlineData("byok_table", "inline.")]
    [InlineData("byok_key_id", "http://contoso.vault.azure.net/keys/archive/01")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net/keys/archive")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net/keys/archive/01/")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net:443/keys/archive/01")]
    [InlineData("byok_key_id", "https://Contoso.vault.azure.net/keys/archive/01")]
    [InlineData("byok_key_id", "https://user@contoso.vault.azure.net/keys/archive/01")]
    [InlineData("byok_key_id", "https://contoso.vault.azure.net/x/../keys/archive/01")]
    [InlineData("byok_extra", "1")]
    public void Parse_FieldBeyondItsLimitOrForm_IsMalformed(string field, string value) =>
        Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(Blob.With(field, value).Metadata, "a"));

    [Fact]
    public void Parse_TailOfAnEmptyBlob_IsMalformed() =>
        Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(TestBlob.Create([]).With("byok_table", "tail").Metadata, "a"));

    [Fact]
    public void Parse_NamesInAnotherCase_VerifiesTheSame()
    {
        var upper = Blob.Metadata.ToDictionary(field => field.Key.ToUpperInvariant(), field => field.Value);

        using var reader = (Blob with { Metadata = upper }).Open();

        Assert.Equal(Blob.Metadata, reader.Header.ToMetadata());
    }

    [Fact]
    public void Parse_WhatToMetadataWrote_GivesTheSameMetadata()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");

        Assert.Equal(Blob.Metadata, header.ToMetadata());
    }

    [Fact]
    public void WithWrappedDek_OtherKey_NextGenerationVerifiesAndReads()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");
        using var dek = TestKeys.Unwrap(header.WrappedDek.Span);
        using var keys = dek.DeriveFor(header.BlobId);
        var newId = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/archive/2");
        var thumbprint = Base64Url.EncodeToString(new byte[32]);

        var rewrapped = header.WithWrappedDek(newId, thumbprint, new byte[512], keys);

        rewrapped.Verify(keys, TestBlob.Container, TestBlob.Name);
        Assert.Equal(2, rewrapped.Generation);
        Assert.Equal((newId, thumbprint, 512), (rewrapped.KeyId, rewrapped.KeyThumbprint, rewrapped.WrappedDek.Length));
        string[] changed = ["byok_generation", "byok_key_id", "byok_key_thumbprint", "byok_mac", "byok_wrapped_dek"];
        Assert.Equal(changed, rewrapped.ToMetadata().Where(f => Blob.Metadata[f.Key] != f.Value).Select(f => f.Key).Order());
    }

    [Fact]
    public void WithWrappedDek_AlteredHeader_IsRefused()
    {
        var header = EnvelopeHeader.Parse(Blob.With("byok_generation", "7").Metadata, "a");
        using var dek = TestKeys.Unwrap(header.WrappedDek.Span);
        using var keys = dek.DeriveFor(header.BlobId);

        Assert.Throws<IntegrityException>(() => header.WithWrappedDek(header.KeyId, header.KeyThumbprint, header.WrappedDek, keys));
    }

    [Fact]
    public void Sign_FieldThatNoReaderWouldTake_IsMisuse()
    {
        var header = EnvelopeHeader.Parse(Blob.Metadata, "a");
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(header.BlobId);
        using var otherKeys = dek.DeriveFor(BlobId.New());

        Assert.Throws<ArgumentException>(() => (header with { WrappedDek = new byte[255] }).Sign(keys));
        Assert.Throws<ArgumentException>(() => (header with { Generation = 0 }).Sign(keys));
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
    public void HashName_ContainerAndBlobSplitElsewhere_Differs() =>
        Assert.NotEqual(EnvelopeHeader.HashName("a", "bc"), EnvelopeHeader.HashName("ab", "c"));
}
