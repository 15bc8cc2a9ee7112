using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;
using Byok.Relay.HybridConnections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Byok.Local.Relay;

/// <summary>
/// A relay for one machine that speaks the Azure Relay Hybrid Connections protocol: control channels of listeners, HTTP and WebSocket senders, rendezvous,
/// token checks. For development and tests only: it holds its keys in memory, listens on 127.0.0.1, and trusts whoever has a key.
/// </summary>
public sealed class DevRelayServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _application;
    private readonly RelayRouter _router;

    private DevRelayServer(WebApplication application, RelayRouter router, X509Certificate2? certificate)
    {
        _application = application;
        _router = router;
        Certificate = certificate;
        var addresses = application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Select(address => new Uri(address)).ToList();
        Address = addresses.Single(address => address.Scheme == Uri.UriSchemeHttp);
        TlsAddress = addresses.SingleOrDefault(address => address.Scheme == Uri.UriSchemeHttps);
    }

    /// <summary>The namespace's address over http: <c>http://127.0.0.1:PORT</c>.</summary>
    public Uri Address { get; }

    /// <summary>The same over https; null without TLS.</summary>
    public Uri? TlsAddress { get; }

    /// <summary>
    /// The server certificate, for clients to pin (<see cref="PinnedCertificate"/>) or to take as a root; null without TLS.
    /// </summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>How many listeners are connected to a path.</summary>
    /// <param name="path">Path of the hybrid connection.</param>
    /// <exception cref="ArgumentException">There is no such hybrid connection.</exception>
    public int CountListeners(string path) =>
        _router.Find(path)?.ListenerCount ?? throw new ArgumentException($"There is no hybrid connection '{path}'.", nameof(path));

    /// <summary>Starts a relay and waits until it listens.</summary>
    /// <param name="options">What it serves.</param>
    /// <param name="timeProvider">The clock, for token expiry and time-outs.</param>
    /// <exception cref="ConfigurationException">A path or key is not usable, or the port is taken.</exception>
    public static async Task<DevRelayServer> StartAsync(DevRelayOptions options, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (options.HybridConnections.Count == 0 || options.AccessKeys.Any(key => key.Name.Length == 0 || key.Key.Length == 0))
        {
            throw new ConfigurationException("The dev relay needs at least one hybrid connection, and a name and a key for each access key.");
        }

        var certificate = options.WithTls ? CreateCertificate(options.TlsHostName, timeProvider) : null;
        var router = new RelayRouter(options, timeProvider);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        _ = builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            _ = builder.WebHost.UseKestrelHttpsConfiguration();
        }

        _ = builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodyInBytes;
            kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, options.Port);
            if (certificate is not null)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
            }
        });

        var application = builder.Build();
        _ = application.UseWebSockets();
        application.Run(router.ServeAsync);
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new ConfigurationException($"The dev relay cannot listen on port {options.Port} of 127.0.0.1; take another, or 0 for a free one.", exception);
        }

        return new DevRelayServer(application, router, certificate);
    }

    /// <summary>Closes all connections and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _router.StopAsync().ConfigureAwait(false);
        using var deadline = new CancellationTokenSource(StopTimeout);
        await _application.StopAsync(deadline.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        Certificate?.Dispose();
    }

    private static X509Certificate2 CreateCertificate(string hostName, TimeProvider timeProvider)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Byok dev relay", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostName);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        var now = timeProvider.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
    }
}
