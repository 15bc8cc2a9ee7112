using System.Security.Cryptography;

namespace Byok.Pkcs11.Tests.Export;

/// <summary>The self-test measures tokens by .NET's RFC 5649; these are that RFC's own vectors (section 6).</summary>
public sealed class ReferenceTests
{
    [Theory]
    [InlineData("c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")]
    [InlineData("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f")]
    public void EncryptKeyWrapPadded_Rfc5649Vector_Agrees(string key, string wrapped)
    {
        using var aes = Aes.Create();
        aes.SetKey(Convert.FromHexString("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"));
        Assert.Equal(wrapped, Convert.ToHexStringLower(aes.EncryptKeyWrapPadded(Convert.FromHexString(key))));
        Assert.Equal(key, Convert.ToHexStringLower(aes.DecryptKeyWrapPadded(Convert.FromHexString(wrapped))));
    }
}
