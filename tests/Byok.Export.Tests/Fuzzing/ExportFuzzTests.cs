using System.Net;
using System.Text;
using Azure.Core;
using Byok.Core.Errors;
using Byok.Core.Ports;
using Byok.Export.Approvals;
using Byok.Export.Messages;
using Byok.Export.Policy;
using Byok.Export.Record;
using Byok.Http;
using Byok.Testing.Core.Fuzzing;

namespace Byok.Export.Tests.Fuzzing;

/// <summary>What the pipeline, the approvers, the agent, the vault and whoever may write the agent's disk send.</summary>
public sealed class ExportFuzzTests : HttpMessageHandler
{
    private byte[] _answer = [];

    public static TheoryData<string> Targets => ["export-request", "approval", "agent-answer", "vault-kek", "agent-record"];

    [Theory]
    [MemberData(nameof(Targets))]
    public Task Input_Mutated_IsReadOrRefused(string target) => RunAsync(target, Fuzzer.FewInputs);

    [Trait("Category", "Long")]
    [Theory]
    [MemberData(nameof(Targets))]
    public Task Input_MutatedManyTimes_IsReadOrRefused(string target) => RunAsync(target, Fuzzer.ManyInputs);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(_answer) });

    private async Task RunAsync(string target, int inputs)
    {
        switch (target)
        {
            case "export-request":
                await ExportRequestAsync(target, inputs);
                break;
            case "approval":
                Approval(target, inputs);
                break;
            case "agent-answer":
                await AgentAnswerAsync(target, inputs);
                break;
            case "vault-kek":
                await VaultKekAsync(target, inputs);
                break;
            default:
                AgentRecord(target, inputs);
                break;
        }
    }

    // The rules judge many; the agent itself, which writes each request to its disk, answers some. It never says that something unexpected happened.
    private static async Task ExportRequestAsync(string target, int inputs)
    {
        using var scene = new AgentScene();
        var rules = new RequestRules(scene.Policy, scene.Time);
        Fuzzer.Run(
            target, inputs,
            input =>
            {
                if (ContractJson.TryRead<ExportRequest>(input, out var request))
                {
                    Assert.ThrowsAny<ExportRefusedException>(() => rules.Check(request)); // approvals that are missing have a type of their own
                }

                ContractJson.TryRead<GenerateKeyMessage>(input, out _);
            },
            _ => false);
        await Fuzzer.RunAsync(
            target, inputs / 50,
            async input =>
            {
                scene.Time.Advance(TimeSpan.FromMinutes(5)); // else the flood limit answers for all of them
                foreach (var path in new[] { ExportContract.ExportsPath, ExportContract.KeysPath })
                {
                    var response = await scene.Agent.HandleAsync(new BufferedRequest("POST", path, BufferedRequest.NoHeaders, input), CancellationToken.None);
                    Assert.DoesNotContain(nameof(UnexpectedFailureException), Encoding.UTF8.GetString(response.Body.Span), StringComparison.Ordinal);
                    Assert.NotEqual(HttpStatusCode.OK, response.StatusCode);
                }
            },
            _ => false);
        Assert.Equal(0, scene.Hsm.Exports);
    }

    private static void Approval(string target, int inputs)
    {
        using var scene = new AgentScene();
        var request = scene.Request();
        var verifier = new ApprovalVerifier(scene.Policy.Approvers);
        Fuzzer.Run(
            target, inputs,
            input => Assert.Empty(verifier.Verify(request with { Approvals = [Encoding.UTF8.GetString(input)] }).Approvers),
            _ => false);
    }

    private static Task AgentAnswerAsync(string target, int inputs)
    {
        var channel = new FixedChannel();
        var hsm = new RelayHsm(channel);
        using var scene = new AgentScene();
        var request = scene.Request();
        return Fuzzer.RunAsync(
            target, inputs,
            async input =>
            {
                foreach (var status in new[] { HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable })
                {
                    channel.Answer = new BufferedResponse(status, BufferedRequest.NoHeaders, input);
                    await RefusedAsync(() => hsm.DescribeAsync(CancellationToken.None));
                    await RefusedAsync(() => hsm.ListMasterKeysAsync(CancellationToken.None));
                    await RefusedAsync(() => hsm.ExportMasterKeyAsync(request, CancellationToken.None));
                }
            },
            _ => false);

        static async Task RefusedAsync<T>(Func<Task<T>> call)
        {
            try
            {
                await call();
            }
            catch (ByokException)
            {
                // A clear failure.
            }
        }
    }

    private Task VaultKekAsync(string target, int inputs)
    {
        using var scene = new AgentScene();
        var kekId = scene.Request().KekId;
        var source = new VaultKekSource(new HttpClient(this, disposeHandler: false), new FixedCredential());
        return Fuzzer.RunAsync(
            target, inputs,
            input =>
            {
                _answer = input;
                return source.FetchAsync(kekId, CancellationToken.None);
            },
            exception => exception is VaultException or ServiceUnavailableException);
    }

    private static void AgentRecord(string target, int inputs)
    {
        Fuzzer.Run(
            target, inputs,
            input =>
            {
                using var stream = new MemoryStream(input);
                AgentRecordReader.Read(stream, null, (_, _) => { });
            },
            exception => exception is IntegrityException);
    }

    private sealed class FixedCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new("token", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }

    private sealed class FixedChannel : IAgentChannel
    {
        public BufferedResponse Answer { get; set; } = BufferedResponse.Empty(HttpStatusCode.OK);

        public Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken) => Task.FromResult(Answer);
    }
}
