using Byok.Core.Errors;
using Byok.Pkcs11.Tokens;

namespace Byok.Pkcs11.Tests.Tokens;

public sealed class PinTests
{
    [Fact]
    public void ToString_Pin_HidesIt()
    {
        using var pin = new Pin("123456"u8);
        Assert.Equal("***", $"{pin}");
    }

    [Fact]
    public void Dispose_Pin_ZeroesItsBytes()
    {
        var pin = new Pin("123456"u8);
        var bytes = pin.DangerousBytes;
        pin.Dispose();
        Assert.Equal(new byte[6], bytes);
        Assert.Throws<ObjectDisposedException>(() => pin.DangerousBytes);
    }

    [Fact]
    public void Generate_Twice_Differs()
    {
        using var first = Pin.Generate();
        using var second = Pin.Generate();
        Assert.Equal(32, first.DangerousBytes.Length);
        Assert.NotEqual(first.DangerousBytes, second.DangerousBytes);
    }

    [Theory]
    [InlineData(" 1234\r\n", "1234")]
    [InlineData("1234", "1234")]
    public void ReadFile_WhiteSpaceAround_IsDropped(string content, string expected)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, content);
            using var pin = Pin.ReadFile(path);
            Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(pin.DangerousBytes));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ReadFile_Empty_SaysSo()
    {
        var path = Path.GetTempFileName();
        try
        {
            Assert.Throws<ConfigurationException>(() => Pin.ReadFile(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Constructor_TooLong_IsMisuse() => Assert.Throws<ArgumentException>(() => new Pin(new byte[256]));
}
