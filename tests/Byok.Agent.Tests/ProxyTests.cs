using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Byok.Export;
using Byok.Export.Messages;
using Byok.Local.Relay;
using Byok.Local.Tokens;
using Byok.Relay.HybridConnections;
using Byok.Testing;
using Byok.Testing.Tokens;

namespace Byok.Agent.Tests;

/// <summary>The agent where only a forward proxy leads out: it listens through it, WebSocket and rendezvous alike.</summary>
public sealed class ProxyTests(SoftHsmFixture tokens) : IClassFixture<SoftHsmFixture>, IDisposable
{
    private const string RelayPath = "byok-agent";
    private const string RelayHost = "relay.example.test";
    private readonly AgentFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("HTTPS_PROXY")]
    [InlineData("https_proxy")]
    [InlineData("ALL_PROXY")]
    public async Task Run_BehindAProxy_AnswersThroughIt(string variable)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await using var proxy = new ForwardProxy();
        await using var relay = await DevRelayServer.StartAsync(
            new DevRelayOptions
            {
                HybridConnections = [RelayPath],
                AccessKeys = [new RelayAccessKey("all", key, RelayRights.Listen | RelayRights.Send)],
                WithTls = true,
                TlsHostName = RelayHost,
            },
            TimeProvider.System, CancellationToken.None);
        WriteSettings(relay, key);
        await File.WriteAllTextAsync(_folder.Full("relay.pem"), relay.Certificate!.ExportCertificatePem());
        using var agent = new AgentProcess(
            tokens.SoftHsm.Folder, new Dictionary<string, string> { [variable] = proxy.Address.ToString(), ["SSL_CERT_FILE"] = _folder.Full("relay.pem") }, "run", "--config", _folder.SettingsFile);
        using var sasTokens = new SasTokenProvider("all", key, TimeProvider.System);
        using var sender = new RelayHttpSender(new RelayEndpoint(relay.Address, RelayPath), sasTokens);
        var hsm = new RelayHsm(new RelayAgentChannel(sender));

        while (relay.CountListeners(RelayPath) == 0)
        {
            Assert.False(agent.HasExited, agent.Output);
            await Task.Delay(100);
        }

        Assert.Equal(tokens.HsmLabel, (await hsm.DescribeAsync(CancellationToken.None)).TokenLabel);
        Assert.All(proxy.Requests, line => Assert.Equal($"CONNECT {RelayHost}:{relay.TlsAddress!.Port} HTTP/1.1", line));
        Assert.NotEmpty(proxy.Requests);
        Assert.Equal(0, await agent.StopAsync());
    }

    private void WriteSettings(DevRelayServer relay, string key)
    {
        _folder.WriteSecret("relay.key", key);
        _folder.Settings["token"] = new JsonObject
        {
            ["module"] = SoftHsm.FindLibrary(),
            ["label"] = tokens.HsmLabel,
            ["pinFile"] = tokens.SoftHsm.PinFile(tokens.HsmLabel),
        };
        _folder.Settings["relay"] = new JsonObject
        {
            ["namespace"] = $"https://{RelayHost}:{relay.TlsAddress!.Port}",
            ["path"] = RelayPath,
            ["sasKeyName"] = "all",
            ["sasKeyFile"] = "relay.key",
        };
        _folder.Settings["policy"]!["fetchKekFromVault"] = false;
        _folder.WriteSettings();
    }
}
