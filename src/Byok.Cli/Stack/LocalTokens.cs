using Byok.Core.Ports;
using Byok.Local.Tokens;
using Byok.Local.Vault;
using Byok.Pkcs11;
using Byok.Pkcs11.Tokens;

namespace Byok.Cli.Stack;

/// <summary>The two PKCS#11 tokens of the local stack: one plays the customer's HSM, the other the vault's.</summary>
internal sealed class LocalTokens : IAsyncDisposable
{
    private const string HsmLabel = "on-prem-hsm";
    private const string VaultLabel = "vault-hsm";

    private readonly SoftHsm _softHsm;
    private readonly Pkcs11Token _hsmToken;
    private readonly Pkcs11Token _vaultToken;
    private readonly LocalVault _vault;

    private LocalTokens(SoftHsm softHsm, Pkcs11Token hsmToken, Pkcs11Token vaultToken, LocalVault vault)
    {
        _softHsm = softHsm;
        _hsmToken = hsmToken;
        _vaultToken = vaultToken;
        _vault = vault;
        Hsm = new Pkcs11Hsm(hsmToken, new Pkcs11HsmOptions(), TimeProvider.System);
    }

    public static Uri VaultUri { get; } = new LocalVaultOptions().VaultUri;

    public IKeyVault Vault => _vault;

    public IHsm Hsm { get; }

    /// <summary>Opens the tokens; makes them when they are not there yet.</summary>
    public static async Task<LocalTokens> OpenAsync(StackPaths paths, TimeProvider time, CancellationToken cancellationToken)
    {
        var softHsm = SoftHsm.Open(paths.Tokens);
        Pkcs11Token? hsmToken = null;
        Pkcs11Token? vaultToken = null;
        try
        {
            hsmToken = softHsm.OpenToken(HsmLabel);
            vaultToken = softHsm.OpenToken(VaultLabel);
            var vault = await LocalVault.OpenAsync(paths.VaultDatabase, vaultToken, new LocalVaultOptions(), time, cancellationToken).ConfigureAwait(false);
            return new LocalTokens(softHsm, hsmToken, vaultToken, vault);
        }
        catch
        {
            hsmToken?.Dispose();
            vaultToken?.Dispose();
            softHsm.Dispose();
            throw;
        }
    }

    /// <summary>The tokens, for status.</summary>
    public static IReadOnlyList<TokenPlace> Describe(StackPaths paths) =>
    [
        new("on-prem HSM", HsmLabel, paths.Tokens),
        new("vault's HSM", VaultLabel, paths.Tokens),
    ];

    public ValueTask DisposeAsync()
    {
        _vault.Dispose();
        _vaultToken.Dispose();
        _hsmToken.Dispose();
        _softHsm.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Where a token lives.</summary>
    internal sealed record TokenPlace(string Role, string Label, string Folder);
}
