using Byok.Local.Tokens;
using Byok.Local.Vault;
using Byok.Pkcs11.Tokens;

namespace Byok.Cli.Stack;

/// <summary>
/// The PKCS#11 tokens of the local stack. This process opens the vault's only; the one that plays the customer's HSM belongs to the agent.
/// </summary>
internal sealed class LocalTokens : IDisposable
{
    public const string HsmLabel = "on-prem-hsm";
    private const string VaultLabel = "vault-hsm";

    private readonly SoftHsm _softHsm;
    private readonly Pkcs11Token _token;
    private readonly LocalVault _vault;

    private LocalTokens(SoftHsm softHsm, Pkcs11Token token, LocalVault vault)
    {
        _softHsm = softHsm;
        _token = token;
        _vault = vault;
    }

    public LocalVault Vault => _vault;

    /// <summary>Opens the vault on its token; makes both when they are not there yet.</summary>
    public static async Task<LocalTokens> OpenAsync(StackPaths paths, Uri vaultUri, TimeProvider time, CancellationToken cancellationToken)
    {
        var softHsm = SoftHsm.Open(paths.VaultToken);
        Pkcs11Token? token = null;
        try
        {
            token = softHsm.OpenToken(VaultLabel);
            return new LocalTokens(softHsm, token, await OpenVaultAsync(paths, token, vaultUri, time, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            token?.Dispose();
            softHsm.Dispose();
            throw;
        }
    }

    /// <summary>The same vault under another address; the caller disposes of it, before these tokens.</summary>
    public Task<LocalVault> OpenVaultAsync(StackPaths paths, Uri address, TimeProvider time, CancellationToken cancellationToken) =>
        OpenVaultAsync(paths, _token, address, time, cancellationToken);

    private static Task<LocalVault> OpenVaultAsync(StackPaths paths, Pkcs11Token token, Uri address, TimeProvider time, CancellationToken cancellationToken) =>
        LocalVault.OpenAsync(paths.VaultDatabase, token, new LocalVaultOptions { VaultUri = address }, time, cancellationToken);

    /// <summary>Makes the token that plays the customer's HSM, unless it is there.</summary>
    /// <returns>Module, PIN file and configuration file, for the agent.</returns>
    public static HsmToken EnsureHsmToken(StackPaths paths)
    {
        using var softHsm = SoftHsm.Open(paths.HsmToken);
        using var token = softHsm.OpenToken(HsmLabel);
        return new HsmToken(SoftHsm.FindLibrary(), softHsm.PinFile(HsmLabel), SoftHsm.ConfigurationFile(paths.HsmToken));
    }

    /// <summary>The tokens, for status.</summary>
    public static IReadOnlyList<TokenPlace> Describe(StackPaths paths) =>
    [
        new("on-prem HSM", HsmLabel, paths.HsmToken),
        new("vault's HSM", VaultLabel, paths.VaultToken),
    ];

    public void Dispose()
    {
        _vault.Dispose();
        _token.Dispose();
        _softHsm.Dispose();
    }

    /// <summary>Where a token lives.</summary>
    internal sealed record TokenPlace(string Role, string Label, string Folder);

    /// <summary>What the agent needs to open its token.</summary>
    internal sealed record HsmToken(string Module, string PinFile, string ConfigurationFile);
}
