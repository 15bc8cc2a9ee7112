using System.Net.Http.Headers;
using Byok.Local.Vault;
using Byok.Local.VaultEndpoint;
using Byok.Pkcs11;
using Byok.Relay.HybridConnections;
using Byok.Testing.Tokens;
using Endpoint = Byok.Local.VaultEndpoint.VaultEndpoint;

namespace Byok.Local.Tests.VaultEndpoint;

/// <summary>A local vault on a token of its own, served; and the customer's HSM.</summary>
public sealed class VaultEndpointFixture : IAsyncLifetime
{
    private readonly SoftHsmFixture _tokens = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-vault-endpoint-").FullName;

    public Uri Address { get; } = Endpoint.ChooseAddress();

    public LocalVault Vault { get; private set; } = null!;

    public Endpoint Endpoint { get; private set; } = null!;

    public Pkcs11Hsm Hsm => new(_tokens.HsmToken, new Pkcs11HsmOptions(), TimeProvider.System);

    public VaultEndpointOptions Options => new() { CertificateFile = Path.Combine(_folder, "vault.pem"), TokenFile = Path.Combine(_folder, "vault.token") };

    /// <summary>An HTTP client that trusts the endpoint and carries its token.</summary>
    public HttpClient CreateClient(string? token = null) => CreateClient(Endpoint, token);

    public static HttpClient CreateClient(Endpoint endpoint, string? token = null)
    {
        var client = new HttpClient(PinnedCertificate.CreateTransport(endpoint.Certificate)) { BaseAddress = endpoint.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token ?? endpoint.AccessToken);
        return client;
    }

    public string NewFile(string name) => Path.Combine(_folder, name);

    public async Task InitializeAsync()
    {
        Vault = await LocalVault.OpenAsync(
            Path.Combine(_folder, "vault.db"), _tokens.VaultToken, new LocalVaultOptions { VaultUri = Address }, TimeProvider.System, default);
        Endpoint = await Endpoint.StartAsync(Vault, Options, default);
    }

    /// <summary>Stops the endpoint and starts it again, as a new process would.</summary>
    public async Task RestartAsync()
    {
        await Endpoint.DisposeAsync();
        Endpoint = await Endpoint.StartAsync(Vault, Options, default);
    }

    public async Task DisposeAsync()
    {
        await Endpoint.DisposeAsync();
        Vault.Dispose();
        _tokens.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
