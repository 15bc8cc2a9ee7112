using Byok.Core.Errors;
using Byok.Pkcs11.Library;
using Byok.Testing.Tokens;

namespace Byok.Pkcs11.Tests.Tokens;

public sealed class Pkcs11LibraryTests(SoftHsmFixture fixture) : IClassFixture<SoftHsmFixture>
{
    [Fact]
    public void Load_MissingFile_SaysSo()
    {
        var failure = Assert.Throws<HsmLibraryException>(() => Pkcs11Library.Load("/no/such/library.so"));
        Assert.Contains("/no/such/library.so", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoSharedLibrary_SaysSo()
    {
        var path = Path.GetTempFileName();
        try
        {
            Assert.Throws<HsmLibraryException>(() => Pkcs11Library.Load(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Load_NoPkcs11Module_SaysSo()
    {
        var libc = new[] { "/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6" }.First(File.Exists);
        Assert.Throws<HsmLibraryException>(() => Pkcs11Library.Load(libc));
    }

    [Fact]
    public void Dispose_OneOfTwoReferences_LeavesTheOtherWorking()
    {
        var first = Pkcs11Library.Load(fixture.SoftHsm.Library.Path);
        var second = Pkcs11Library.Load(fixture.SoftHsm.Library.Path);
        first.Dispose();
        first.Dispose();

        Assert.Contains(second.ListTokens(), token => token.Label == fixture.HsmLabel);
        Assert.Throws<ObjectDisposedException>(() => first.ListTokens());
        second.Dispose();
        Assert.NotEmpty(fixture.SoftHsm.Library.ListTokens());
    }
}
