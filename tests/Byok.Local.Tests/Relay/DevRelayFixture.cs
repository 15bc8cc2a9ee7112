using Byok.Local.Relay;
using Byok.Relay.HybridConnections;

namespace Byok.Local.Tests.Relay;

/// <summary>A dev relay with TLS, its keys, and its certificate in a file.</summary>
public sealed class DevRelayFixture : IAsyncLifetime
{
    public const string HybridPath = "hyco";

    public static RelayAccessKey Listen { get; } = new("listen", "bGlzdGVuLWtleS0wMQ==", RelayRights.Listen);

    public static RelayAccessKey Send { get; } = new("send", "c2VuZC1rZXktMDI=", RelayRights.Send);

    public static RelayAccessKey Both { get; } = new("both", "Ym90aC1rZXktMDM=", RelayRights.Listen | RelayRights.Send);

    public DevRelayServer Relay { get; private set; } = null!;

    public string CertificateFile { get; } = Path.Combine(Path.GetTempPath(), $"byok-relay-{Guid.NewGuid():N}.pem");

    public RelayEndpoint Endpoint => new(Relay.Address, HybridPath);

    public async Task InitializeAsync()
    {
        Relay = await DevRelayServer.StartAsync(
            new DevRelayOptions { HybridConnections = [HybridPath], AccessKeys = [Listen, Send, Both], WithTls = true }, TimeProvider.System, CancellationToken.None);
        await File.WriteAllTextAsync(CertificateFile, Relay.Certificate!.ExportCertificatePem());
    }

    public async Task DisposeAsync()
    {
        await Relay.DisposeAsync();
        File.Delete(CertificateFile);
    }

    public static SasTokenProvider Tokens(RelayAccessKey key) => new(key.Name, key.Key, TimeProvider.System);

    internal NodeScript StartOverTls(string script, RelayAccessKey key) => NodeScript.Start(script, Relay.TlsAddress!, HybridPath, key, CertificateFile);

    internal NodeScript StartOverHttp(string script, RelayAccessKey key) => NodeScript.Start(script, Relay.Address, HybridPath, key);
}
