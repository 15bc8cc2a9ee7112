using System.Security.Cryptography;
using Byok.Core.Keys;
using Byok.Local.Tokens;
using Byok.Local.Vault;
using Byok.Pkcs11.Library;
using Byok.Pkcs11.Tokens;
using Byok.Testing.Tokens;

namespace Byok.Local.Tests.Vault;

/// <summary>
/// A vault that two processes use at once. SoftHSM keeps its view of a token per loaded module, so a second copy of the module in this process is to the
/// token what a second process is.
/// </summary>
public sealed class LocalVaultProcessesTests : IDisposable
{
    private readonly SoftHsmFixture _tokens = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-vault-").FullName;
    private readonly Pkcs11Library _otherModule;
    private readonly Pkcs11Token _otherToken;

    public LocalVaultProcessesTests()
    {
        var copy = Path.Combine(_folder, "other-module.so");
        File.Copy(SoftHsm.FindLibrary(), copy);
        _otherModule = Pkcs11Library.Load(copy);
        using var pin = Pin.ReadFile(_tokens.SoftHsm.PinFile(_tokens.VaultLabel));
        _otherToken = Pkcs11Token.OpenByLabel(_otherModule, _tokens.VaultLabel, pin);
    }

    public void Dispose()
    {
        _otherToken.Dispose();
        _otherModule.Dispose();
        _tokens.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Unwrap_KeyMadeByAnotherProcessBeforeOneOfOwn_IsFound()
    {
        using var own = await OpenAsync(_tokens.VaultToken);
        using var other = await OpenAsync(_otherToken);
        var theirs = await other.CreateKeyAsync("theirs", 2048, new KeyAttributes(), CancellationToken.None);
        await own.CreateKeyAsync("own", 2048, new KeyAttributes(), CancellationToken.None);

        await AssertUnwrapsAsync(own, theirs);
    }

    private Task<LocalVault> OpenAsync(Pkcs11Token token) =>
        LocalVault.OpenAsync(Path.Combine(_folder, "vault.db"), token, new LocalVaultOptions(), TimeProvider.System, CancellationToken.None);

    private static async Task AssertUnwrapsAsync(LocalVault vault, VaultKey key)
    {
        var dek = RandomNumberGenerator.GetBytes(32);
        var wrapped = await vault.WrapKeyAsync(key.Id, dek, CancellationToken.None);
        Assert.Equal(dek, await vault.UnwrapKeyAsync(key.Id, wrapped, CancellationToken.None));
    }
}
