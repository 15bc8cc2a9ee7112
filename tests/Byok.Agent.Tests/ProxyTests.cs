using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Byok.Core.Errors;
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
        WriteSettings(new Uri($"https://{RelayHost}:{relay.TlsAddress!.Port}"), key);
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

    [Theory]
    [InlineData("NO_PROXY", RelayHost)]
    [InlineData("no_proxy", ".example.test")]
    public async Task Run_HostThatTheProxyIsNotFor_IsNotSentThroughIt(string variable, string value)
    {
        await using var proxy = new ForwardProxy();
        WriteSettings(new Uri($"https://{RelayHost}"), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        using var agent = new AgentProcess(
            tokens.SoftHsm.Folder, new Dictionary<string, string> { ["HTTPS_PROXY"] = proxy.Address.ToString(), [variable] = value }, "run", "--config", _folder.SettingsFile);

        while (!agent.Output.Contains("cannot be reached", StringComparison.Ordinal))
        {
            Assert.False(agent.HasExited, agent.Output);
            await Task.Delay(100);
        }

        Assert.Empty(proxy.Requests);
        Assert.Equal(0, await agent.StopAsync());
    }

    /// <summary>The sender's side, in this process: what all other tests here send is for loopback, and so takes no notice of the proxy.</summary>
    [Fact]
    public async Task Send_BehindAProxy_GoesThroughIt()
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await using var proxy = new ForwardProxy();
        await using var relay = await DevRelayServer.StartAsync(
            new DevRelayOptions { HybridConnections = [RelayPath], AccessKeys = [new RelayAccessKey("all", key, RelayRights.Send)], WithTls = true, TlsHostName = RelayHost },
            TimeProvider.System, CancellationToken.None);
        using var sasTokens = new SasTokenProvider("all", key, TimeProvider.System);
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.Address);
        try
        {
            using var far = new RelayHttpSender(
                new RelayEndpoint(new Uri($"https://{RelayHost}:{relay.TlsAddress!.Port}"), RelayPath), sasTokens, PinnedCertificate.CreateTransport(relay.Certificate!));
            using var near = new RelayHttpSender(new RelayEndpoint(relay.Address, RelayPath), sasTokens);
            foreach (var sender in new[] { far, near })
            {
                var failure = await Assert.ThrowsAsync<ServiceUnavailableException>(() => new RelayHsm(new RelayAgentChannel(sender)).DescribeAsync(CancellationToken.None));
                Assert.Contains("Nobody listens", failure.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.Equal([$"CONNECT {RelayHost}:{relay.TlsAddress!.Port} HTTP/1.1"], proxy.Requests.Distinct());
    }

    private void WriteSettings(Uri relay, string key)
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
            ["namespace"] = relay.ToString(),
            ["path"] = RelayPath,
            ["sasKeyName"] = "all",
            ["sasKeyFile"] = "relay.key",
        };
        _folder.Settings["policy"]!["fetchKekFromVault"] = false;
        _folder.WriteSettings();
    }
}
