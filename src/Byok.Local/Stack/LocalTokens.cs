using Byok.Core.Errors;
using Byok.Local.Tokens;
using Byok.Local.Vault;
using Byok.Pkcs11;
using Byok.Pkcs11.Tokens;

namespace Byok.Local.Stack;

/// <summary>
/// The PKCS#11 tokens of the local stack. This process opens the vault's only; the one that plays the customer's HSM belongs to the agent.
/// </summary>
public sealed class LocalTokens : IDisposable
{
    /// <summary>How a loss is accepted, for messages.</summary>
    public const string GiveItUp = "Without a backup, 'byok up --accept-token-loss' goes on without what is lost.";

    private const string HsmLabel = "on-prem-hsm";
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

    public string VaultSerialNumber => _token.Description.SerialNumber;

    /// <summary>Opens the vault on its token, as the last <c>byok up</c> left them.</summary>
    /// <exception cref="ConfigurationException">Token or database are gone, or the token lacks keys.</exception>
    public static Task<LocalTokens> OpenAsync(StackPaths paths, StackState state, TimeProvider time, CancellationToken cancellationToken) =>
        state.VaultSerialNumber is not null && KeptSettings.Read(paths).Settings is null
            ? throw StackEvidence.LostDatabase(paths)
            : OpenAsync(paths, state.VaultUri, new ExpectedToken(state.VaultSerialNumber, MustExist: true, "'byok up --vault-token SERIAL'", GiveItUp), false, time, cancellationToken);

    /// <summary>Opens the vault on its token; makes both when they are not there yet.</summary>
    /// <param name="paths">The stack.</param>
    /// <param name="vaultUri">The vault's address.</param>
    /// <param name="expected">What is known of the token.</param>
    /// <param name="forgetsMissingKeys">Whether keys that the token lacks count as purged.</param>
    /// <exception cref="ConfigurationException">The token is gone, or lacks keys.</exception>
    public static async Task<LocalTokens> OpenAsync(
        StackPaths paths, Uri vaultUri, ExpectedToken expected, bool forgetsMissingKeys, TimeProvider time, CancellationToken cancellationToken)
    {
        var softHsm = SoftHsm.Open(paths.VaultToken);
        Pkcs11Token? token = null;
        try
        {
            token = softHsm.OpenToken(VaultLabel, expected);
            return new LocalTokens(softHsm, token, await OpenVaultAsync(paths, token, vaultUri, forgetsMissingKeys, time, cancellationToken).ConfigureAwait(false));
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
        OpenVaultAsync(paths, _token, address, false, time, cancellationToken);

    private static Task<LocalVault> OpenVaultAsync(
        StackPaths paths, Pkcs11Token token, Uri address, bool forgetsMissingKeys, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = new LocalVaultOptions
        {
            VaultUri = address,
            ForgetsMissingKeys = forgetsMissingKeys,
            WayBackOfMissingKeys = $"restore '{paths.VaultToken}' and '{paths.VaultDatabase}' from the same backup. {GiveItUp.TrimEnd('.')}",
        };
        return LocalVault.OpenAsync(paths.VaultDatabase, token, options, time, cancellationToken);
    }

    /// <summary>Makes the token that plays the customer's HSM, unless it is there.</summary>
    /// <param name="paths">The stack.</param>
    /// <param name="expected">What is known of the token.</param>
    /// <param name="keys">The keys that it has to hold.</param>
    /// <param name="acceptsLoss">Whether it may lack them.</param>
    /// <returns>What the agent needs to open it.</returns>
    /// <exception cref="ConfigurationException">The token is gone, or lacks keys.</exception>
    public static async Task<HsmToken> EnsureHsmTokenAsync(
        StackPaths paths, ExpectedToken expected, IReadOnlyList<BroughtKey> keys, bool acceptsLoss, CancellationToken cancellationToken)
    {
        using var softHsm = SoftHsm.Open(paths.HsmToken);
        using var token = softHsm.OpenToken(HsmLabel, expected);
        var serialNumber = token.Description.SerialNumber;
        var lacksKeys = false;
        if (keys.Count > 0)
        {
            var masters = await new Pkcs11Hsm(token, new Pkcs11HsmOptions(), TimeProvider.System).ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
            var missing = keys.ExceptBy(masters.Select(master => master.PublicKey.Thumbprint), key => key.Thumbprint).Select(key => $"'{key.Label}'").ToList();
            lacksKeys = missing.Count > 0;
            if (lacksKeys && !acceptsLoss)
            {
                throw new ConfigurationException(
                    $"The token '{HsmLabel}' (serial number {serialNumber}) lacks {missing.Count} of the master keys that '{paths.VaultDatabase}' says came from it ({string.Join(", ", missing)}); restore '{paths.HsmToken}' from its backup. {GiveItUp}");
            }
        }

        return new HsmToken(SoftHsm.FindLibrary(), serialNumber, lacksKeys, softHsm.PinFile(HsmLabel), SoftHsm.ConfigurationFile(paths.HsmToken));
    }

    /// <summary>The tokens, for status.</summary>
    public static IReadOnlyList<TokenPlace> Describe(StackPaths paths, StackState state) =>
    [
        new("on-prem HSM", HsmLabel, paths.HsmToken, state.HsmSerialNumber),
        new("vault's HSM", VaultLabel, paths.VaultToken, state.VaultSerialNumber),
    ];

    public void Dispose()
    {
        _vault.Dispose();
        _token.Dispose();
        _softHsm.Dispose();
    }

    /// <summary>Where a token lives.</summary>
    public sealed record TokenPlace(string Role, string Label, string Folder, string? SerialNumber);

    /// <summary>What the agent needs to open its token, and whether keys are missing in it.</summary>
    public sealed record HsmToken(string Module, string SerialNumber, bool LacksKeys, string PinFile, string ConfigurationFile);
}
