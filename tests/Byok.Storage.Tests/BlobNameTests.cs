using System.Text;
using Azure.Storage.Blobs;
using CsCheck;

namespace Byok.Storage.Tests;

public sealed class BlobNameTests
{
    private static readonly BlobContainerClient Container = new(new Uri("http://127.0.0.1/account/container"), StorageAccount.CreateClientOptions());

    [Theory]
    [InlineData("a")]
    [InlineData("a/b/c.txt")]
    [InlineData("ä ö%?#&+='\"~!@$*();:,[]{}|^<>🔑")]
    [InlineData(".hidden")]
    [InlineData("a./b..c")]
    [InlineData("...x")]
    [InlineData("� stands for itself")]
    public void IsValid_AllowedName_IsTrue(string name)
    {
        Assert.True(BlobName.IsValid(name, out var fault));
        Assert.Null(fault);
        Assert.Equal(name, BlobName.Validate(name));
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("a\nb", "control character")]
    [InlineData("a\u007f", "control character")]
    [InlineData("a\u0085", "control character")]
    [InlineData("a\uffff", "broken character")]
    [InlineData("a\\b", "backslash")]
    [InlineData("/a", "segment")]
    [InlineData("a/", "segment")]
    [InlineData("a//b", "segment")]
    [InlineData(".", "segment")]
    [InlineData("a/..", "segment")]
    [InlineData("../a", "segment")]
    [InlineData("a/./b", "segment")]
    [InlineData("a.", "dot")]
    public void IsValid_NameThatIsNotAllowed_SaysWhy(string? name, string why)
    {
        Assert.False(BlobName.IsValid(name, out var fault));
        Assert.Contains(why, fault, StringComparison.Ordinal);
        Assert.Contains(why, Assert.Throws<ArgumentException>(() => BlobName.Validate(name)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a.")]
    [InlineData("a\nb")]
    [InlineData("a\tb")]
    [InlineData("%2e%2e/%41")]
    [InlineData("a/b.txt")]
    public void IsStorable_NameThatAnotherClientMayHaveGiven_IsTrue(string name)
    {
        Assert.True(BlobName.IsStorable(name, out var fault));
        Assert.Null(fault);
        Assert.Equal(name, BlobName.ValidateStored(name));
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("a\\b", "backslash")]
    [InlineData(".", "segment")]
    [InlineData("../a", "segment")]
    [InlineData("a/./b", "segment")]
    public void IsStorable_NameThatNoUrlSays_SaysWhy(string? name, string why)
    {
        Assert.False(BlobName.IsStorable(name, out var fault));
        Assert.Contains(why, fault, StringComparison.Ordinal);
        Assert.Contains(why, Assert.Throws<ArgumentException>(() => BlobName.ValidateStored(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsValid_HalfASurrogatePair_IsFalse()
    {
        // Not as theory data: on its way through the test runner it would be repaired.
        foreach (var name in new[] { "\ud800", "a\udc00b", "\udc00\ud800", "\ufffd and \ud800" })
        {
            Assert.False(BlobName.IsValid(name, out var fault));
            Assert.Contains("broken character", fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void IsValid_AtTheLimits_IsExact()
    {
        Assert.True(BlobName.IsValid(new string('a', 1024), out _));
        Assert.False(BlobName.IsValid(new string('a', 1025), out _));
        Assert.True(BlobName.IsValid(string.Join('/', Enumerable.Repeat('a', 254)), out _));
        Assert.False(BlobName.IsValid(string.Join('/', Enumerable.Repeat('a', 255)), out _));
    }

    [Fact]
    public void IsStorable_AnyNameItAllows_SurvivesUtf8AndUrl() =>
        Gen.String[Gen.OneOf(Gen.Char, Gen.Char['!', '~'], Gen.Int[0, 6].Select(i => "/.\\%?# "[i])), 1, 30].Sample(
            name =>
            {
                if (BlobName.IsStorable(name, out _))
                {
                    Assert.Equal(name, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)));
                    Assert.Equal(name, new BlobUriBuilder(Container.GetBlobClient(name).Uri, trimBlobNameSlashes: false).BlobName);
                }
            },
            iter: 20_000);
}
