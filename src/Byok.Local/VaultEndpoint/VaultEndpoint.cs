using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;
using Byok.Local.Processes;
using Byok.Local.Vault;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Byok.Local.VaultEndpoint;

/// <summary>
/// Serves a local vault by the Key Vault REST protocol (Azure Key Vault REST reference, keys) over HTTPS on the loopback interface, for any official
/// client. It listens where the vault's own address says, so key identifiers lead back to it, also after a restart.
/// </summary>
/// <remarks>
/// A client needs three things: the certificate (<see cref="VaultEndpointOptions.CertificateFile"/>), a credential that always answers with
/// <see cref="AccessToken"/>, and no check that the challenge's resource belongs to the vault's domain (<c>DisableChallengeResourceVerification</c>,
/// <c>disableChallengeResourceVerification</c>, <c>verify_challenge_resource=False</c>), because 127.0.0.1 has no domain.
/// </remarks>
public sealed class VaultEndpoint : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _application;

    private VaultEndpoint(WebApplication application, Uri address, string accessToken, X509Certificate2 certificate)
    {
        _application = application;
        Address = address;
        AccessToken = accessToken;
        Certificate = certificate;
    }

    /// <summary>Where it listens: the vault's <see cref="LocalVault.VaultUri"/>.</summary>
    public Uri Address { get; }

    /// <summary>The bearer token that requests carry. A secret.</summary>
    public string AccessToken { get; }

    /// <summary>The server certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>
    /// Chooses an address on a port that is free now. To be remembered and given to the vault (<see cref="LocalVaultOptions.VaultUri"/>) at every start,
    /// because it stands in all key identifiers.
    /// </summary>
    public static Uri ChooseAddress() => new($"https://127.0.0.1:{LoopbackPort.Choose()}");

    /// <summary>Starts the endpoint and waits until it listens.</summary>
    /// <param name="vault">The vault; stays the caller's. Its address is on the loopback interface, and names the port to listen on.</param>
    /// <param name="options">Certificate and token.</param>
    /// <exception cref="ArgumentException">The vault's address is not on the loopback interface.</exception>
    /// <exception cref="ConfigurationException">The port is taken, or a file cannot be written.</exception>
    public static async Task<VaultEndpoint> StartAsync(LocalVault vault, VaultEndpointOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(options);
        if (!vault.VaultUri.IsLoopback)
        {
            throw new ArgumentException($"The vault's address {vault.VaultUri} is not on the loopback interface.", nameof(vault));
        }

        var accessToken = EndpointFiles.ReadOrCreateToken(options.TokenFile);
        var certificate = EndpointFiles.CreateCertificate(options.CertificateFile);
        var router = new RequestRouter(vault, accessToken, options.Time);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        _ = builder.WebHost.UseKestrelCore();
        _ = builder.WebHost.UseKestrelHttpsConfiguration();
        _ = builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http1AndHttp2);
            kestrel.Listen(IPAddress.Loopback, vault.VaultUri.Port, listen => listen.UseHttps(certificate));
        });

        var application = builder.Build();
        application.Run(router.ServeAsync);
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            certificate.Dispose();
            if (exception is IOException or SocketException)
            {
                throw new ConfigurationException(
                    $"The vault cannot listen at {vault.VaultUri}: the port is taken. End what listens there; the address stands in key identifiers and cannot change.", exception);
            }

            throw;
        }

        return new VaultEndpoint(application, vault.VaultUri, accessToken, certificate);
    }

    /// <summary>Stops listening; requests under way may end first, for a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(StopTimeout);
        await _application.StopAsync(deadline.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        Certificate.Dispose();
    }
}
