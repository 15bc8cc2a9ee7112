using Byok.Local.Stack;
using Byok.Local.Vault;
using Byok.Local.VaultEndpoint;

namespace Byok.Cli.Serve;

/// <summary>
/// The stack's vault by the Key Vault protocol, over HTTPS on loopback, for any official client. Its key identifiers lead back to it: they have its address,
/// where those that the commands of the embedded host write into blobs have the vault's name. Blobs find their key under either, by its thumbprint.
/// </summary>
internal sealed class VaultServer : IAsyncDisposable
{
    private readonly LocalVault _vault;
    private readonly VaultEndpoint _endpoint;

    private VaultServer(LocalVault vault, VaultEndpoint endpoint, VaultEndpointOptions options)
    {
        _vault = vault;
        _endpoint = endpoint;
        CertificateFile = options.CertificateFile;
        TokenFile = options.TokenFile;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => _endpoint.Address;

    /// <summary>Its certificate, for clients to trust.</summary>
    public string CertificateFile { get; }

    /// <summary>The file with the bearer token that clients send.</summary>
    public string TokenFile { get; }

    /// <exception cref="Byok.Core.Errors.ConfigurationException">Its port is taken, or a file cannot be written.</exception>
    public static async Task<VaultServer> StartAsync(LocalStack stack, CancellationToken cancellationToken)
    {
        var vault = await stack.OpenVaultAsync(VaultEndpoint.ChooseAddress(), cancellationToken).ConfigureAwait(false);
        try
        {
            var options = new VaultEndpointOptions { CertificateFile = stack.Paths.VaultCertificate, TokenFile = stack.Paths.VaultAccessToken };
            return new VaultServer(vault, await VaultEndpoint.StartAsync(vault, options, cancellationToken).ConfigureAwait(false), options);
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync().ConfigureAwait(false);
        _vault.Dispose();
    }
}
