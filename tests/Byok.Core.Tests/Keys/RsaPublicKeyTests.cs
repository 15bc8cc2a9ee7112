using System.Buffers.Text;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

public sealed class RsaPublicKeyTests
{
    [Theory]
    [InlineData(0x80, 2048)]
    [InlineData(0x7f, 2047)]
    [InlineData(0x01, 2041)]
    public void SizeInBits_Modulus_CountsFromItsHighestBit(int first, int size)
    {
        var modulus = new byte[256];
        modulus[0] = (byte)first;

        Assert.Equal(size, RsaPublicKey.FromBytes(modulus, [1, 0, 1]).SizeInBits);
    }

    [Fact]
    public void FromBytes_LeadingZeros_AreDropped() => Assert.Equal(RsaPublicKey.FromBytes([200, 0], [3]), RsaPublicKey.FromBytes([0, 0, 200, 0], [0, 3]));

    [Theory]
    [InlineData("", "is empty or starts with a zero byte")]
    [InlineData("AAE", "is empty or starts with a zero byte")]
    [InlineData("a+b/", "is not base64url")]
    public void Create_PartNotCanonical_IsAFormatFailureThatNamesIt(string part, string saying)
    {
        var good = Base64Url.EncodeToString([200]);

        Assert.Contains($"'n' {saying}", Assert.Throws<FormatException>(() => new RsaPublicKey(part, good)).Message, StringComparison.Ordinal);
        Assert.Contains($"'e' {saying}", Assert.Throws<FormatException>(() => new RsaPublicKey(good, part)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_PartIsNull_IsMisuse()
    {
        Assert.Throws<ArgumentNullException>("n", () => new RsaPublicKey(null!, "Aw"));
        Assert.Throws<ArgumentNullException>("e", () => new RsaPublicKey("Aw", null!));
    }
}
