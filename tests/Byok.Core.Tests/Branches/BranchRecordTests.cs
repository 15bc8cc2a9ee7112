using System.Text;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Tests.Envelope;
using CsCheck;

namespace Byok.Core.Tests.Branches;

public sealed class BranchRecordTests
{
    private const string Key = "archive";

    private static readonly BranchName Branch = TestKeys.Branch.Name;
    private static readonly BranchRecord Two = new(Key, Branch, [Wrapping("2", 512), Wrapping("1", 256)]);

    [Fact]
    public void ToUtf8Json_AnyRecord_IsCanonicalAndReadAsTheSame() =>
        Gen.Select(Gen.Int[1, BranchRecord.MaxWrappings], Gen.Int[0, 2].Array[BranchRecord.MaxWrappings]).Sample((count, sizes) =>
        {
            var record = new BranchRecord(Key, Branch, [.. Enumerable.Range(0, count).Select(n => Wrapping($"{n}", new[] { 256, 384, 512 }[sizes[n]]))]);

            var bytes = record.ToUtf8Json();
            var read = BranchRecord.Parse(bytes, Key, Branch);

            Assert.Equal((Key, Branch), (read.KeyName, read.Branch));
            Assert.Equal(record.Wrappings, read.Wrappings);
            Assert.Equal(bytes, read.ToUtf8Json());
            Assert.InRange(bytes.Length, 1, BranchRecord.MaxLengthInBytes);
        }, iter: 50);

    [Fact]
    public void ToUtf8Json_LongestRecord_IsWithinTheLimit()
    {
        var keyName = new string('k', KeyName.MaxLength);
        var longest = TestKeys.LongKeyId(465);
        var wrappings = Enumerable.Range(0, BranchRecord.MaxWrappings)
            .Select(n => new BranchWrapping(KeyIdentifier.Parse(longest[..^2] + $"{n:00}"), TestKeys.PublicKey.Thumbprint, new byte[512]));

        Assert.InRange(new BranchRecord(keyName, Branch, [.. wrappings]).ToUtf8Json().Length, 1, BranchRecord.MaxLengthInBytes);
    }

    [Fact]
    public void ToUtf8Json_OneWrapping_IsTheTextOfTheFormat()
    {
        var wrapping = Wrapping("1", 256);

        Assert.Equal(
            $$"""{"format":1,"branch":"{{Branch}}","wrappings":[{"keyId":"{{wrapping.KeyId}}","thumbprint":"{{wrapping.KeyThumbprint}}","algorithm":"RSA-OAEP-256","wrappedKey":"{{new string('A', 342)}}"}]}""",
            Encoding.UTF8.GetString(new BranchRecord(Key, Branch, [wrapping]).ToUtf8Json()));
        Assert.Equal($"archive/{Branch}", BranchRecord.BlobNameOf(Key, Branch));
    }

    [Fact]
    public void Parse_TruncatedAtAnyLengthOrAnyByteFlipped_IsRefusedOrAnotherWrapping()
    {
        var bytes = Two.ToUtf8Json();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<MalformedBranchRecordException>(() => BranchRecord.Parse(bytes.AsMemory(0, length), Key, Branch));
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[i] ^= (byte)(1 << bit);
                try
                {
                    Assert.NotEqual(Two.Wrappings, BranchRecord.Parse(bytes, Key, Branch).Wrappings);
                }
                catch (MalformedBranchRecordException)
                {
                }

                bytes[i] ^= (byte)(1 << bit);
            }
        }
    }

    [Theory]
    [InlineData("""{"format":1,""", """{"format":2,""", "is not of format 1")]
    [InlineData("""{"format":1,""", """{"format":1.5,""", "is not of format 1")]
    [InlineData("""{"format":1,""", """{"format":1e999,""", "is not of format 1")]
    [InlineData("""{"format":1,""", """{"format":"1",""", "is not of format 1")]
    [InlineData("""{"format":1,""", """{""", "does not have exactly its members")]
    [InlineData("""{"format":1,""", """{"Format":1,""", "lacks the member 'format'")]
    [InlineData("""{"format":1,""", """{"format":1,"x":1,""", "does not have exactly its members")]
    [InlineData("""{"format":1,""", """{"format":1,"format":1,""", "is not one JSON object in UTF-8, or has a member twice")]
    [InlineData("""{"format":1,""", """{"format":1,"for\u006dat":1,""", "is not one JSON object in UTF-8, or has a member twice")]
    [InlineData("""{"format":1,""", """{"format":1,/**/""", "is not one JSON object in UTF-8, or has a member twice")]
    [InlineData("\"algorithm\":\"RSA-OAEP-256\"", "\"algorithm\":null", "has no text in 'algorithm'")]
    [InlineData("\"algorithm\":\"RSA-OAEP-256\"", "\"algorithm\":\"\\ud800\"", "is not one JSON object in UTF-8, or has a member twice")]
    [InlineData("\"algorithm\":\"RSA-OAEP-256\"", "\"algorithm\":\"RSA1_5\"", "has a wrapping by another algorithm than RSA-OAEP-256")]
    [InlineData("\"thumbprint\":\"", "\"thumbprint\":\"A", "has a wrapping whose key identifier, thumbprint or wrapped key is not in its form")]
    [InlineData("\"wrappedKey\":\"", "\"wrappedKey\":\"A", "has a wrapping whose key identifier, thumbprint or wrapped key is not in its form")]
    [InlineData("https://", "http://", "has a wrapping whose key identifier, thumbprint or wrapped key is not in its form")]
    [InlineData("/keys/archive/2", "/keys/archive/1", "has two wrappings under one key version")]
    [InlineData("/keys/archive/2", "/keys/other/2", "has a wrapping under 'other', not 'archive'")]
    [InlineData("\"wrappings\":[", "\"wrappings\":[[]],\"x\":[", "does not have exactly its members")]
    [InlineData("\"wrappings\":[", "\"wrappings\":[1,", "does not have exactly its members")]
    public void Parse_NotInItsForm_NamesRecordAndFault(string text, string replacement, string fault)
    {
        var altered = Encoding.UTF8.GetString(Two.ToUtf8Json()).Replace(text, replacement, StringComparison.Ordinal);

        var refusal = Assert.Throws<MalformedBranchRecordException>(() => BranchRecord.Parse(Encoding.UTF8.GetBytes(altered), Key, Branch));

        Assert.Equal($"The branch record 'archive/{Branch}' is malformed: it {fault}. The blobs' own copies serve; make the record anew.", refusal.Message);
    }

    [Fact]
    public void Parse_OfAnotherBranchOrKey_IsRefused()
    {
        Assert.Throws<MalformedBranchRecordException>(() => BranchRecord.Parse(Two.ToUtf8Json(), Key, TestKeys.BranchOf("other").Name));
        Assert.Throws<MalformedBranchRecordException>(() => BranchRecord.Parse(Two.ToUtf8Json(), "other", Branch));
    }

    [Fact]
    public void With_MoreThanThereMayBe_KeepsTheNewest()
    {
        var record = new BranchRecord(Key, Branch, [Wrapping("0", 256)]);
        for (var n = 1; n < 20; n++)
        {
            record = record.With(Wrapping($"{n}", 256));
        }

        Assert.Equal(Enumerable.Range(4, 16).Reverse().Select(n => $"{n}"), record.Wrappings.Select(wrapping => wrapping.KeyId.Version));
        var again = record.With(Wrapping("10", 512));
        Assert.Equal((16, "10", 512), (again.Wrappings.Count, again.Wrappings[0].KeyId.Version, again.Wrappings[0].WrappedKey.Length));
        Assert.Single(again.Wrappings, wrapping => wrapping.KeyId.Version == "10");
    }

    [Fact]
    public void Misuse_WrappingsThatNoReaderWouldTake_IsNamed()
    {
        string Refusal(params BranchWrapping[] wrappings) => Assert.Throws<ArgumentException>("wrappings", () => new BranchRecord(Key, Branch, wrappings)).Message;

        Assert.StartsWith("The record has 0 wrappings, not 1 to 16.", Refusal(), StringComparison.Ordinal);
        Assert.StartsWith("The record has two wrappings under one key version.", Refusal(Wrapping("1", 256), Wrapping("1", 512)), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("wrappings", () => new BranchRecord("other", Branch, [Wrapping("1", 256)]));
        Assert.Throws<ArgumentNullException>("branch", () => new BranchRecord(Key, null!, [Wrapping("1", 256)]));
        Assert.Throws<ArgumentNullException>("wrapping", () => Two.With(null!));
        Assert.Throws<ArgumentException>("name", () => BranchRecord.BlobNameOf("../x", Branch));
    }

    private static BranchWrapping Wrapping(string version, int length) =>
        new(KeyIdentifier.Parse($"https://contoso.vault.azure.net/keys/archive/{version}"), TestKeys.PublicKey.Thumbprint, new byte[length]);
}
