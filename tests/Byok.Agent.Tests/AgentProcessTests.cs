using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Core.Transfer;
using Byok.Export;
using Byok.Export.Messages;
using Byok.Export.Record;
using Byok.Local.Relay;
using Byok.Local.Tokens;
using Byok.Pkcs11;
using Byok.Relay.HybridConnections;
using Byok.Testing.Tokens;

namespace Byok.Agent.Tests;

/// <summary>The whole path: sender, relay, the agent as a process of its own, and a real token.</summary>
public sealed class AgentProcessTests(SoftHsmFixture tokens) : IClassFixture<SoftHsmFixture>, IAsyncLifetime
{
    private const string RelayPath = "byok-agent";
    private const string Label = "payroll-2026";
    private static readonly RSA Kek = RSA.Create(2048);
    private readonly AgentFolder _folder = new();
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private DevRelayServer _relay = null!;
    private SasTokenProvider _sasTokens = null!;
    private RelayHttpSender _sender = null!;

    private RelayHsm Hsm => new(new RelayAgentChannel(_sender));

    public async Task InitializeAsync()
    {
        _relay = await StartRelayAsync(0);
        _sasTokens = new SasTokenProvider("all", _key, TimeProvider.System);
        _sender = new RelayHttpSender(new RelayEndpoint(_relay.Address, RelayPath), _sasTokens);
        await new Pkcs11Hsm(tokens.HsmToken, new Pkcs11HsmOptions(), TimeProvider.System).GenerateMasterKeyAsync(Label, 2048, CancellationToken.None);

        _folder.WriteSecret("relay.key", _key);
        _folder.Settings["token"] = new JsonObject
        {
            ["module"] = SoftHsm.FindLibrary(),
            ["label"] = tokens.HsmLabel,
            ["pinFile"] = tokens.SoftHsm.PinFile(tokens.HsmLabel),
        };
        _folder.Settings["relay"] = new JsonObject
        {
            ["namespace"] = _relay.Address.ToString(),
            ["path"] = RelayPath,
            ["sasKeyName"] = "all",
            ["sasKeyFile"] = "relay.key",
            ["listeners"] = 2,
        };
        _folder.Settings["policy"]!["fetchKekFromVault"] = false;
        _folder.WriteSettings();
    }

    public async Task DisposeAsync()
    {
        _sender.Dispose();
        _sasTokens.Dispose();
        await _relay.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("token", "label", "73194826", 1, "label")]
    [InlineData("token", "label", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ==", 1, "a key in base64")]
    [InlineData("token", "serialNumber", "73194826", 1, "serial number")]
    [InlineData("stateFolder", null, "/proc/73194826", 78, "stateFolder")]
    public async Task Check_SecretInPlaceOfASetting_IsNotShown(string section, string? member, string secret, int exitCode, string saying)
    {
        if (member is null)
        {
            _folder.Settings[section] = secret;
        }
        else
        {
            _folder.Settings[section]!.AsObject().Remove("label");
            _folder.Settings[section]![member] = secret;
        }

        _folder.WriteSettings();
        using var agent = Start("check");

        Assert.Equal(exitCode, await agent.WaitForExitAsync());
        Assert.Contains(saying, agent.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, agent.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ApprovedRequest_ExportsFromTheTokenThroughTheRelay()
    {
        using var agent = Start("run");
        var key = Assert.Single(await EventuallyAsync(() => Hsm.ListMasterKeysAsync(CancellationToken.None)));

        var exported = await Hsm.ExportMasterKeyAsync(Approved(Request("bring-1")), CancellationToken.None);

        Assert.Equal(key.PublicKey, exported.PublicKey);
        Assert.Equal(2048 / 8, Unwrap(exported).Modulus!.Length);
        Assert.Equal(key.PublicKey, RsaPublicKey.FromParameters(Unwrap(exported)));
        var refusal = await Assert.ThrowsAsync<ApprovalsMissingException>(() => Hsm.ExportMasterKeyAsync(Request("bring-2"), CancellationToken.None));
        Assert.Contains("0 of 2", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await agent.StopAsync());
        Assert.Equal((5, 1, 1), Counts()); // started, listed, exported, refused, stopped
    }

    [Fact]
    public async Task Run_KilledAndStartedAgain_GivesTheSameAnswerAndRecordsOneExport()
    {
        var request = Approved(Request("bring-1"));
        var answers = new List<byte[]>();
        for (var life = 0; life < 3; life++)
        {
            using var agent = Start("run");
            await EventuallyAsync(() => Hsm.DescribeAsync(CancellationToken.None));
            var asked = EventuallyAsync(() => Hsm.ExportMasterKeyAsync(request, CancellationToken.None));
            if (life == 0)
            {
                await Task.Delay(RandomNumberGenerator.GetInt32(40)); // somewhere in the middle of it
                agent.Kill();
                using var next = Start("run");
                answers.Add((await asked).TransferBlob);
                next.Kill();
            }
            else
            {
                answers.Add((await asked).TransferBlob);
                agent.Kill();
            }
        }

        Assert.Single(answers.Select(Convert.ToHexString).Distinct());
        Assert.Equal(1, Counts().Exports);
    }

    [Fact]
    public async Task Run_HundredExports_LeavesNoFileAndNoMemoryBehind()
    {
        _folder.Settings["policy"]!["exportsPerHour"] = 200;
        _folder.WriteSettings();
        using var agent = Start("run");
        await EventuallyAsync(() => Hsm.DescribeAsync(CancellationToken.None));
        for (var i = 0; i < 20; i++)
        {
            await Hsm.ExportMasterKeyAsync(Approved(Request($"warm-up-{i}")), CancellationToken.None);
        }

        var (files, bytes) = (agent.CountOpenFiles(), agent.WorkingSetInBytes());
        for (var i = 0; i < 100; i++)
        {
            await Hsm.ExportMasterKeyAsync(Approved(Request($"bring-{i}")), CancellationToken.None);
        }

        Assert.InRange(agent.CountOpenFiles(), 1, files + 5);
        Assert.InRange(agent.WorkingSetInBytes(), 1, bytes + (32 * 1024 * 1024));
        Assert.Equal(120, Counts().Exports);
    }

    [Fact]
    public async Task Run_RelayGoneForAWhile_TheSameRequestIsAnsweredAndExportedOnce()
    {
        using var agent = Start("run");
        await EventuallyAsync(() => Hsm.DescribeAsync(CancellationToken.None));
        var request = Approved(Request("bring-1"));
        var asked = Task.Run(() => EventuallyAsync(() => Hsm.ExportMasterKeyAsync(request, CancellationToken.None)));
        await Task.Delay(RandomNumberGenerator.GetInt32(20)); // somewhere on the way there or back

        await _relay.DisposeAsync();
        _relay = await StartRelayAsync(_relay.Address.Port);

        var answer = await asked;
        Assert.Equal(answer.TransferBlob, (await EventuallyAsync(() => Hsm.ExportMasterKeyAsync(request, CancellationToken.None))).TransferBlob);
        Assert.Equal(1, Counts().Exports);
    }

    [Fact]
    public async Task Run_AgentOffline_IsAFailureThatMayBeTriedAgain() =>
        await Assert.ThrowsAsync<ServiceUnavailableException>(() => Hsm.DescribeAsync(CancellationToken.None));

    [Fact]
    public async Task Run_RelayRefusesTheToken_EndsAsAFaultOfConfiguration()
    {
        _folder.WriteSecret("relay.key", "d3Jvbmc=");
        using var agent = Start("run");

        Assert.Equal(78, await agent.WaitForExitAsync());
    }

    [Fact]
    public async Task Run_WrongPin_IsTriedOnceHoweverOftenTheAgentIsStarted()
    {
        _folder.WriteSecret("token.pin", "wrong-pin");
        _folder.Settings["token"]!["pinFile"] = "token.pin";
        _folder.WriteSettings();

        using var first = Start("run");
        Assert.Equal(78, await first.WaitForExitAsync());
        using var second = Start("run");
        Assert.Equal(78, await second.WaitForExitAsync());

        Assert.DoesNotContain("has not changed since", first.Output, StringComparison.Ordinal);
        Assert.Contains("has not changed since", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-pin", first.Output + second.Output, StringComparison.Ordinal);

        _folder.WriteSecret("token.pin", File.ReadAllText(tokens.SoftHsm.PinFile(tokens.HsmLabel)));
        using var corrected = Start("check");
        Assert.Equal(0, await corrected.WaitForExitAsync());
        Assert.Contains(Label, corrected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RecordTamperedWith_EndsAsAnIntegrityFailure()
    {
        using (var agent = Start("run"))
        {
            await EventuallyAsync(() => Hsm.DescribeAsync(CancellationToken.None));
            Assert.Equal(0, await agent.StopAsync());
        }

        var path = Path.Combine(_folder.StateFolder, AgentRecord.FileName);
        File.WriteAllText(path, File.ReadAllText(path).Replace("2", "3", StringComparison.Ordinal));

        using var again = Start("run");
        Assert.Equal(4, await again.WaitForExitAsync());
        using var verify = Start("log", "verify");
        Assert.Equal(4, await verify.WaitForExitAsync());
    }

    private Task<DevRelayServer> StartRelayAsync(int port) => DevRelayServer.StartAsync(
        new DevRelayOptions
        {
            HybridConnections = [RelayPath],
            AccessKeys = [new RelayAccessKey("all", _key, RelayRights.Listen | RelayRights.Send)],
            Port = port,
        },
        TimeProvider.System, CancellationToken.None);

    private AgentProcess Start(params string[] command) => new(tokens.SoftHsm.Folder, [.. command, "--config", _folder.SettingsFile]);

    private (long Entries, long Exports, long Refusals) Counts()
    {
        var result = AgentRecordVerification.Run(_folder.StateFolder);
        return (result.Entries, result.Exports, result.Refusals);
    }

    private static ExportRequest Request(string id) => new()
    {
        RequestId = id,
        KeyLabel = Label,
        KekId = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/byok-kek-1/0a1b"),
        Kek = RsaPublicKey.FromParameters(Kek.ExportParameters(false)),
        KekOperations = ["import"],
        ExpiresOn = TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1),
    };

    private ExportRequest Approved(ExportRequest request)
    {
        using var alice = _folder.Signer("alice");
        using var bob = _folder.Signer("bob");
        return request with { Approvals = [alice.Sign(request), bob.Sign(request)] };
    }

    private static RSAParameters Unwrap(ExportedKey exported)
    {
        var halves = TransferBlob.Parse(exported.TransferBlob).Split(2048);
        using var aes = Aes.Create();
        aes.Key = Kek.Decrypt(halves.WrappedEphemeralKey.ToArray(), RSAEncryptionPadding.OaepSHA1);
        var padded = new byte[halves.WrappedTargetKey.Length];
        Assert.True(aes.TryDecryptKeyWrapPadded(halves.WrappedTargetKey.Span, padded, out var length));
        using var key = RSA.Create();
        key.ImportPkcs8PrivateKey(padded.AsSpan(0, length), out _); // SoftHSM 2.6 leaves zero bytes behind the PKCS#8
        return key.ExportParameters(false);
    }

    /// <summary>Tries until the agent is there, as the pipeline does.</summary>
    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> ask)
    {
        var giveUp = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(2);
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (ServiceUnavailableException) when (TimeProvider.System.GetUtcNow() < giveUp)
            {
                await Task.Delay(100);
            }
        }
    }
}
