using System.Net;
using System.Text;
using System.Text.Json;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Export.Messages;
using Byok.Export.Record;
using Byok.Http;
using Byok.Pipeline.BringKey;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Export.Tests;

/// <summary>An export in the forms that other machines, later versions and the record's readers see, byte by byte.</summary>
public sealed class WireFormTests : IAgentChannel
{
    private const string Terms =
        """{"requestId":"bring-1","keyLabel":"payroll","kekId":"https://contoso.vault.azure.net/keys/kek/0a1b","kek":{"n":"0vx7","e":"AQAB"},"kekOperations":["import"],"expiresOn":"2026-01-02T07:04:05+00:00"}""";

    private static readonly ExportRequest Request = new()
    {
        RequestId = "bring-1",
        KeyLabel = "payroll",
        KekId = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/kek/0a1b"),
        Kek = new RsaPublicKey("0vx7", "AQAB"),
        KekOperations = ["import"],
        ExpiresOn = new DateTimeOffset(2026, 1, 2, 7, 4, 5, TimeSpan.Zero),
    };

    private BufferedRequest? _sent;

    public Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken)
    {
        _sent = request;
        return Task.FromResult(new BufferedResponse(HttpStatusCode.OK, BufferedRequest.NoHeaders, """{"transferBlob":"e30=","publicKey":{"n":"0vx7","e":"AQAB"}}"""u8.ToArray()));
    }

    [Theory]
    [InlineData]
    [InlineData("a.b.c", "d.e.f")]
    public async Task ToTheAgent_ARequest_IsTheContractsForm(params string[] approvals)
    {
        var exported = await new RelayHsm(this).ExportMasterKeyAsync(Request with { Approvals = approvals }, CancellationToken.None);

        Assert.Equal(("POST", "/exports"), (_sent!.Method, _sent.Target));
        Assert.Equal(["Content-Type: application/json"], _sent.Headers.Select(header => $"{header.Key}: {header.Value}"));
        Assert.Equal($$"""{{Terms[..^1]}},"approvals":{{JsonSerializer.Serialize(approvals)}}}""", Encoding.UTF8.GetString(_sent.Body.Span));
        Assert.Equal("{}", Encoding.UTF8.GetString(exported.TransferBlob));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(""","approvals":[]""", true)]
    [InlineData(""","approvals":null""", false)]
    [InlineData(""","approvals":"a.b.c" """, false)]
    public void AtTheAgent_ARequestWithTheseApprovals_IsReadOrRefused(string approvals, bool isRead) =>
        Assert.Equal(isRead, ContractJson.TryRead<ExportRequest>(Encoding.UTF8.GetBytes($"{Terms[..^1]}{approvals}}}"), out _));

    [Fact]
    public void ToTheApprovers_ARequest_IsTheStatusOfTheOperation() =>
        Assert.Equal(
            $$"""{"stage":"waiting for approvals","approvalsGiven":1,"approvalsRequired":2,"request":{{Terms}},"refusal":null}""",
            JsonSerializer.Serialize(new BringKeyProgress(BringKeyOrchestration.WaitingForApprovals, 1, 2, Request), OrchestrationJson.Options));

    [Fact]
    public void InTheJournal_AnExport_IsTheActivitysInput() =>
        Assert.Equal(
            $$"""{"terms":{{Terms}},"approvals":["a.b.c"],"thumbprint":"t"}""",
            JsonSerializer.Serialize(new ExportMasterKeyInput(Request, ["a.b.c"], "t"), OrchestrationJson.Options));

    [Fact]
    public void InTheRecord_AnExport_IsOneLine()
    {
        var folder = Directory.CreateTempSubdirectory("byok-agent-").FullName;
        try
        {
            using (var log = AgentRecord.Open(folder, new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero))))
            {
                new RecordedExports().Record(log, Request, ["Alice", "Bob"], new ExportedKey([1, 2, 3], new RsaPublicKey("0vx9", "AQAB")));
            }

            Assert.Equal(
                """{"sequence":1,"recordedOn":"2026-01-02T03:04:05+00:00","kind":"export.completed","details":{"requestId":"bring-1","requestHash":"sWS5BRzi131BDOT_m4WDsnJDAroc8era2ofpPYy3zB8","keyLabel":"payroll","keyThumbprint":"NpuZPNy5Gv9e46_iXiqkKH4Pha4qx7mEvuTdds0PcMc","kekId":"https://contoso.vault.azure.net/keys/kek/0a1b","kekThumbprint":"jTERt4nUbjfGPSdAcsdYiZAfnaWwvJCF5QLfRv3rcyw","approvers":"Alice, Bob","n":"0vx9","e":"AQAB","transferBlob":"AQID"},"previousHash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","hash":"wKpxNnp-9y5bsArgFAlC-QZabRwJ0VvdhgpvfGkhdvM"}""" + "\n",
                File.ReadAllText(Path.Combine(folder, "agent.log.jsonl")));
            Assert.Equal("1 wKpxNnp-9y5bsArgFAlC-QZabRwJ0VvdhgpvfGkhdvM\n", File.ReadAllText(Path.Combine(folder, "agent.log.head")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
