using Byok.Local.Tokens;
using Byok.Pkcs11.Tokens;

namespace Byok.Testing.Tokens;

/// <summary>
/// Two SoftHSM tokens for tests: the customer's HSM and the vault's HSM. SoftHSM has one configuration per process, so all fixtures of a
/// test process share one temporary folder and one module instance; each fixture has tokens of its own in it.
/// </summary>
public sealed class SoftHsmFixture : IDisposable
{
    private static readonly Lazy<SoftHsm> Shared = new(Start);
    private static int _count;

    public SoftHsmFixture()
    {
        var number = Interlocked.Increment(ref _count);
        HsmLabel = $"onprem-{number}";
        VaultLabel = $"vault-{number}";
        HsmToken = SoftHsm.OpenToken(HsmLabel);
        VaultToken = SoftHsm.OpenToken(VaultLabel);
    }

    /// <summary>The tokens' folder.</summary>
    public SoftHsm SoftHsm => Shared.Value;

    public string HsmLabel { get; }

    public string VaultLabel { get; }

    /// <summary>The customer's HSM.</summary>
    public Pkcs11Token HsmToken { get; }

    /// <summary>The vault's HSM.</summary>
    public Pkcs11Token VaultToken { get; }

    public void Dispose()
    {
        HsmToken.Dispose();
        VaultToken.Dispose();
    }

    private static SoftHsm Start()
    {
        var folder = Directory.CreateTempSubdirectory("byok-tokens-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return SoftHsm.Open(folder);
    }
}
