using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Byok.Api;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Storage;
using Byok.Testing;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.Api;

public sealed class OperationsApiTests
{
    private const string Running = "bring-0123456789abcdef0123456789abcdef";

    private static readonly InMemoryVault Vault = VaultWith("master", "k");

    private readonly RecordingClient _client = new();

    private static AuditArchive NoAudits => new(new StorageAccount(new BlobServiceClient(new Uri("https://nobody.blob.example"))));

    private OperationsApi Api => new(_client, NoAudits, Vault);

    public static TheoryData<string?, string, int> BadBodies => new()
    {
        { null, "application/json", 400 },
        { "", "application/json", 400 },
        { "null", "application/json", 400 },
        { "[]", "application/json", 400 },
        { "\"text\"", "application/json", 400 },
        { "7", "application/json", 400 },
        { "{", "application/json", 400 },
        { "{}{}", "application/json", 400 },
        { "{} trailing", "application/json", 400 },
        { "{\"label\":null}", "application/json", 400 },
        { "{\"label\":7}", "application/json", 400 },
        { "{\"label\":[\"m\"]}", "application/json", 400 },
        { "{\"label\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}}", "application/json", 400 },
        { "{\"label\":\"\"}", "application/json", 400 },
        { "{\"label\":\"a\\nb\"}", "application/json", 400 },
        { "{\"label\":\"a\\u0000\"}", "application/json", 400 },
        { "{\"Label\":\"m\"}", "application/json", 400 },
        { "{\"label\":\"m\",\"label\":\"n\"}", "application/json", 400 },
        { "{\"label\":\"m\",\"unknown\":1}", "application/json", 400 },
        { "{\"label\":\"m\",\"keyName\":\"other\"}", "application/json", 400 },
        { "{\"label\":\"m\",\"expectedThumbprint\":\"x\"}", "application/json", 400 },
        { "{\"label\":\"m\",\"generateSizeInBits\":\"2048\"}", "application/json", 400 },
        { "{\"label\":\"m\",\"generateSizeInBits\":2048.5}", "application/json", 400 },
        { "{\"label\":\"m\",\"generateSizeInBits\":1024}", "application/json", 400 },
        { "{\"label\":\"m\",\"generateSizeInBits\":-1}", "application/json", 400 },
        { "{\"label\":\"m\",\"generateSizeInBits\":99999999999}", "application/json", 400 },
        { "{\"label\":\"m\"} // comment", "application/json", 400 },
        { "{\"label\":\"m\",}", "application/json", 400 },
        { "{\"label\":\"m\"}", "text/plain", 415 },
        { "{\"label\":\"m\"}", "application/jsonx", 415 },
        { "label=m", "application/x-www-form-urlencoded", 415 },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task BringKey_WithABadBody_IsAProblemAndStartsNothing(string? body, string contentType, int status) =>
        AssertProblem(await Api.BringKeyAsync("master", Request(body, contentType), default), status);

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task RotateKey_WithABadBody_IsAProblemAndStartsNothing(string? body, string contentType, int status) =>
        AssertProblem(await Api.RotateKeyAsync("master", Request(body, contentType), default), status);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../secrets")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a%2fb")]
    [InlineData("a b")]
    [InlineData("a?x=1")]
    [InlineData("a#b")]
    [InlineData("ключ")]
    [InlineData("a\0b")]
    [InlineData("https://elsewhere.example/keys/x")]
    public async Task BringKey_WithAPathTrickForAName_IsAProblemAndStartsNothing(string name) =>
        AssertProblem(await Api.BringKeyAsync(name, Request("""{"label":"m"}"""), default), 400);

    [Theory]
    [InlineData(127, 202)]
    [InlineData(128, 400)]
    public async Task BringKey_AtTheLongestName_IsTaken(int length, int status) =>
        Assert.Equal(status, (await Api.BringKeyAsync(new string('k', length), Request("""{"label":"m"}"""), default)).Status);

    [Theory]
    [InlineData(128, 202)]
    [InlineData(129, 400)]
    public async Task BringKey_AtTheLongestLabel_IsTaken(int length, int status) =>
        Assert.Equal(status, (await Api.BringKeyAsync("k", Request($$"""{"label":"{{new string('l', length)}}"}"""), default)).Status);

    [Theory]
    [InlineData(64 * 1024, 202)]
    [InlineData((64 * 1024) + 1, 413)]
    public async Task BringKey_AtTheLongestBody_IsTaken(int length, int status) =>
        Assert.Equal(status, (await Api.BringKeyAsync("k", Request("""{"label":"m"}""".PadRight(length)), default)).Status);

    [Fact]
    public async Task BringKey_WithAnEndlessBody_IsCutOff()
    {
        var response = await Api.BringKeyAsync("k", new ApiRequest(ApiCaller.Trusted, "application/json", null, new EndlessStream()), default);
        AssertProblem(response, 413);
    }

    [Fact]
    public void BringKey_WithAnyName_EitherStartsThatNameOrNothing() =>
        Gen.String.Sample(name =>
        {
            var client = new RecordingClient();
            var response = new OperationsApi(client, NoAudits, Vault).BringKeyAsync(name, Request("""{"label":"m"}"""), default).GetAwaiter().GetResult();
            return response.Status == 202 ? ((BringKeyInput)client.Started.Single().Input!).KeyName == name : response.Status == 400 && client.Started.Count == 0;
        });

    [Fact]
    public async Task BringKey_Valid_StartsItAndSaysWhereToLook()
    {
        var response = await Api.BringKeyAsync("master", Request("""{"label":"m-1","generateSizeInBits":3072}""", "application/json; charset=utf-8"), default);

        var (name, input, id) = Assert.Single(_client.Started);
        Assert.Equal(BringKeyOrchestration.Name, name);
        Assert.Equal(new BringKeyInput { KeyName = "master", KeyLabel = "m-1", GenerateSizeInBits = 3072 }, input);
        Assert.Equal(202, response.Status);
        Assert.Equal($"/api/operations/{id}", response.Headers["Location"]);
        Assert.Equal(id, Body(response).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Operations_OnAKeyThatTheVaultLacks_AreAProblemAndStartNothing()
    {
        AssertProblem(await Api.RotateKeyAsync("nobody", Request("{}"), default), 404);
        AssertProblem(await Api.RevokeKeyAsync("nobody", Request("{}"), default), 404);
        Assert.Equal(202, (await Api.RestoreKeyAsync("nobody", Request("{}"), default)).Status); // it may have been purged
    }

    [Fact]
    public async Task RevokeKey_ThatIsDeleted_IsStartedAndSaysSoItself()
    {
        using var vault = VaultWith("gone");
        await vault.DeleteKeyAsync("gone", default);
        Assert.Equal(202, (await new OperationsApi(_client, NoAudits, vault).RevokeKeyAsync("gone", Request("{}"), default)).Status);
    }

    [Fact]
    public async Task BringKey_OfADeclaredLengthTooLong_IsAProblemAndReadsNothing()
    {
        var request = Request("""{"label":"m"}""") with { BodyLength = 120_000_000 };
        AssertProblem(await Api.BringKeyAsync("k", request, default), 413);
    }

    [Fact]
    public async Task BringKey_WithAnIdOfTheCallers_RunsUnderIt()
    {
        var id = $"bring-k-{Guid.NewGuid():N}";
        var response = await Api.BringKeyAsync("k", Request("""{"label":"m"}""") with { OperationId = id }, default);

        Assert.Equal(id, Assert.Single(_client.Started).InstanceId);
        Assert.Equal($"/api/operations/{id}", response.Headers["Location"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("bring-k-")]
    [InlineData("bring-k-x")]
    [InlineData("bring-other-0123456789abcdef0123456789abcdef")]
    [InlineData("rotate-k-0123456789abcdef0123456789abcdef")]
    [InlineData("bring-k-a-0123456789abcdef0123456789abcdef")]
    [InlineData("../bring-k-0123456789abcdef0123456789abcdef")]
    public async Task BringKey_WithAnIdThatIsNotOfThisKey_IsAProblemAndStartsNothing(string id) =>
        AssertProblem(await Api.BringKeyAsync("k", Request("""{"label":"m"}""") with { OperationId = id }, default), 400);

    [Fact]
    public async Task ListOperations_OfAKey_GivesItsOwnNewestFirst()
    {
        string[] ids = [$"bring-k-{1:D32}", $"rotate-k-{2:D32}", $"rotate-k-b-{3:D32}", $"revoke-other-{4:D32}", $"rehearse-k-{5:D32}"];
        foreach (var (id, index) in ids.Select((id, index) => (id, index)))
        {
            var on = DateTimeOffset.UnixEpoch.AddHours(index);
            _client.Instances[id] = new OrchestrationStatus(id, "any", OrchestrationState.Running, on, on, null, null, null);
        }

        var response = await Api.ListOperationsAsync("k", Request(null), default);

        Assert.Equal([ids[4], ids[1], ids[0]], Body(response).EnumerateArray().Select(operation => operation.GetProperty("id").GetString()!));
    }

    [Fact]
    public async Task ListOperations_RotationThatTheClockStarted_IsListedAndGoesOnWhenItFailed()
    {
        using var vault = new InMemoryVault();
        var key = vault.AddActiveKey("k");
        var options = new PipelineOptions { MaxKeyAge = TimeSpan.FromDays(10) };
        var id = Assert.Single(await new DueRotations(vault, _client, options, new FakeTimeProvider(key.CreatedOn.AddDays(10))).StartAsync(default));
        Put(id, OrchestrationState.Failed, minutes: 1);
        var api = new OperationsApi(_client, NoAudits, vault);

        Assert.Equal([id], Body(await api.ListOperationsAsync("k", Request(null), default)).EnumerateArray().Select(operation => operation.GetProperty("id").GetString()!));
        Assert.Equal(202, (await api.RotateKeyAsync("k", Request("{}"), default)).Status);
        Assert.Equal(id, _client.Started[^1].InstanceId);
    }

    [Fact]
    public async Task Start_WithTheIdThatAnyPartOfTheProductMakes_RunsUnderIt()
    {
        var audit = (await new DueAudits(_client).StartAsync(DateTimeOffset.UnixEpoch, default))!;
        var rotation = OperationId.Once("0123456789abcdef0123456789abcdef", OperationVerb.Rotate, "master").ToString();

        Assert.Equal(202, (await Api.AuditAsync(Request("{}") with { OperationId = audit }, default)).Status);
        Assert.Equal(audit, _client.Started[^1].InstanceId);
        Assert.Equal(202, (await Api.RotateKeyAsync("master", Request("{}") with { OperationId = rotation }, default)).Status);
        Assert.Equal(rotation, _client.Started[^1].InstanceId);
    }

    [Theory]
    [InlineData("rotate-0123456789abcdef0123456789abcdef")]
    [InlineData("audit-20300102T2330")]
    [InlineData("encrypt-0123456789abcdef0123456789abcdef")]
    [InlineData("rotate-k-0123456789abcdef0123456789abcdef-bring-20300102030405678")]
    [InlineData("restore-k-0123456789abcdef0123456789abcdef-bring-20300102030405678-15")]
    [InlineData("rotate-k-0123456789abcdef0123456789abcdef:12")]
    public async Task GetOperation_IdOfAnyFormThatJournalsHold_IsFound(string id)
    {
        Put(id, OrchestrationState.Completed, minutes: 1);

        Assert.Equal(id, Body(await Api.GetOperationAsync(id, Request(null), default)).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"blobName":""}""")]
    [InlineData("""{"blobName":"../uploads/a"}""")]
    [InlineData("""{"blobName":"a\\b"}""")]
    public async Task ReencryptBlob_WithABadName_IsAProblemAndStartsNothing(string body) =>
        AssertProblem(await Api.ReencryptBlobAsync(Request(body), default), 400);

    [Fact]
    public async Task RotateKey_WithAnEmptyObject_TakesTheDefaults()
    {
        var response = await Api.RotateKeyAsync("master", Request("{}"), default);

        Assert.Equal(202, response.Status);
        Assert.Equal(new RotateKeyInput { KeyName = "master" }, Assert.Single(_client.Started).Input);
    }

    [Theory]
    [InlineData(OrchestrationState.Failed, true)]
    [InlineData(OrchestrationState.Terminated, true)]
    [InlineData(OrchestrationState.Completed, false)]
    [InlineData(OrchestrationState.Running, false)]
    public async Task RotateKey_AfterAnother_GoesOnWithTheOneThatFailed(OrchestrationState last, bool goesOn)
    {
        var (older, newest, other) = ($"rotate-master-{Guid.NewGuid():N}", $"rotate-master-{Guid.NewGuid():N}", $"rotate-master-2-{Guid.NewGuid():N}");
        Put(older, OrchestrationState.Failed, minutes: 1);
        Put(newest, last, minutes: 2);
        Put(other, OrchestrationState.Failed, minutes: 3);

        await Api.RotateKeyAsync("master", Request("{}"), default);

        Assert.Equal(goesOn, Assert.Single(_client.Started).InstanceId == newest);
        Assert.NotEqual(older, _client.Started[0].InstanceId);
    }

    [Fact]
    public async Task RotateKey_WithEverything_PassesItOn()
    {
        await Api.RotateKeyAsync("master", Request("""{"newLabel":"m-2","generateSizeInBits":4096,"deep":true,"gracePeriodHours":0.25}"""), default);

        Assert.Equal(
            new RotateKeyInput { KeyName = "master", NewLabel = "m-2", GenerateSizeInBits = 4096, Deep = true, GracePeriod = TimeSpan.FromMinutes(15) },
            Assert.Single(_client.Started).Input);
    }

    [Theory]
    [InlineData("""{"gracePeriodHours":-1}""")]
    [InlineData("""{"gracePeriodHours":2161}""")]
    [InlineData("""{"rewrapOnly":true,"deep":true}""")]
    [InlineData("""{"rewrapOnly":true,"newLabel":"m-2"}""")]
    [InlineData("""{"rewrapOnly":true,"generateSizeInBits":2048}""")]
    [InlineData("""{"targetId":"https://v.example/keys/a/b"}""")]
    [InlineData("""{"state":{}}""")]
    [InlineData("""{"deep":"true"}""")]
    public async Task RotateKey_WithABadMember_IsAProblemAndStartsNothing(string body) =>
        AssertProblem(await Api.RotateKeyAsync("master", Request(body), default), 400);

    [Theory]
    [InlineData("{}", 1)]
    [InlineData("""{"scrubPercent":0}""", 0)]
    [InlineData("""{"scrubPercent":100}""", 100)]
    public async Task Audit_Valid_StartsIt(string body, int percent)
    {
        Assert.Equal(202, (await Api.AuditAsync(Request(body), default)).Status);
        Assert.Equal(new AuditKeysInput { ScrubPercent = percent }, Assert.Single(_client.Started).Input);
    }

    [Theory]
    [InlineData("""{"scrubPercent":-1}""")]
    [InlineData("""{"scrubPercent":101}""")]
    [InlineData("""{"state":null}""")]
    [InlineData("")]
    public async Task Audit_WithABadBody_IsAProblemAndStartsNothing(string body) =>
        AssertProblem(await Api.AuditAsync(Request(body), default), 400);

    [Theory]
    [InlineData("Byok.Operator")]
    [InlineData("Byok.Approver")]
    public async Task GetLatestAudit_ByOthersThanAuditors_IsForbidden(string role) =>
        AssertProblem(await Api.GetLatestAuditAsync(Request(null, caller: ApiCaller.FromAppRoles([role])), default), 403);

    [Fact]
    public async Task Approve_AnOperationThatIsPurgedMeanwhile_IsNotFound()
    {
        AddRunning();
        _client.OnRaise = () => throw new OperationNotFoundException($"There is no operation '{Running}'.");

        AssertProblem(await Api.ApproveAsync(Running, Request("""{"approval":"a.b.c"}"""), default), 404);
    }

    [Fact]
    public async Task Start_EveryKindOfConflict_IsAConflict()
    {
        var kinds = typeof(ConflictException).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(ConflictException))).ToList();
        Assert.True(kinds.Count > 2);
        foreach (var kind in kinds)
        {
            var api = new OperationsApi(new RecordingClient { Failure = (ByokException)Activator.CreateInstance(kind, "no", null)! }, NoAudits, Vault);

            AssertProblem(await api.BringKeyAsync("master", Request("""{"label":"m"}"""), default), 409);
        }
    }

    [Fact]
    public async Task BringKey_WhenTheEngineIsAway_IsUnavailable()
    {
        var api = new OperationsApi(new RecordingClient { Failure = new ServiceUnavailableException("busy") }, NoAudits, Vault);
        var response = await api.BringKeyAsync("master", Request("""{"label":"m"}"""), default);

        AssertProblem(response, 503);
        Assert.True(response.Headers.ContainsKey("Retry-After"));
    }

    [Theory]
    [InlineData(new string[0], 403, 403, 403)]
    [InlineData(new[] { "Byok.Operator" }, 202, 403, 200)]
    [InlineData(new[] { "Byok.Approver" }, 403, 202, 200)]
    [InlineData(new[] { "Byok.Auditor" }, 403, 403, 200)]
    [InlineData(new[] { "Byok.Operator", "Byok.Approver" }, 202, 202, 200)]
    [InlineData(new[] { "Operator", "byok.operator", "Byok.Owner", "0" }, 403, 403, 403)]
    public async Task EveryCall_ByRole_IsAllowedOrForbidden(string[] roles, int bring, int approve, int read)
    {
        AddRunning();
        var caller = ApiCaller.FromAppRoles(roles);

        Assert.Equal(bring, (await Api.BringKeyAsync("k", Request("""{"label":"m"}""", caller: caller), default)).Status);
        Assert.Equal(bring, (await Api.RotateKeyAsync("k", Request("{}", caller: caller), default)).Status);
        Assert.Equal(approve, (await Api.ApproveAsync(Running, Request("""{"approval":"a.b.c"}""", caller: caller), default)).Status);
        Assert.Equal(read, (await Api.GetOperationAsync(Running, Request(null, caller: caller), default)).Status);
        Assert.Equal(bring == 202 ? 2 : 0, _client.Started.Count);
        Assert.Equal(approve == 202 ? 1 : 0, _client.Raised.Count);
    }

    [Fact]
    public async Task GetOperation_ThatRuns_ShowsItsProgress()
    {
        AddRunning();

        var response = await Api.GetOperationAsync(Running, Request(null), default);

        Assert.Equal(200, response.Status);
        Assert.Equal("2", response.Headers["Retry-After"]);
        Assert.Equal("Running", Body(response).GetProperty("state").GetString());
        Assert.Equal("exporting", Body(response).GetProperty("progress").GetProperty("stage").GetString());
    }

    [Fact]
    public async Task GetOperation_ThatFailed_SaysWhyByTypeAndSentence()
    {
        AddRunning(OrchestrationState.Failed, new FailureDetails(typeof(KeyUnavailableException).FullName!, "It is off."));

        var response = await Api.GetOperationAsync(Running, Request(null), default);

        Assert.False(response.Headers.ContainsKey("Retry-After"));
        Assert.Equal("KeyUnavailableException", Body(response).GetProperty("failure").GetProperty("type").GetString());
        Assert.Equal("It is off.", Body(response).GetProperty("failure").GetProperty("message").GetString());
    }

    [Fact]
    public async Task GetOperation_ResultWithAChoice_SaysItInWords()
    {
        var result = new RevokeKeyResult("k", RevocationMode.Delete, false, [], DateTimeOffset.UnixEpoch, null, 0, 3, null);
        AddRunning(OrchestrationState.Completed);
        _client.Instances[Running] = _client.Instances[Running] with { Output = JsonSerializer.SerializeToElement(result, OrchestrationJson.Options) };

        var response = await Api.GetOperationAsync(Running, Request(null), default);

        Assert.Equal("delete", Body(response).GetProperty("result").GetProperty("mode").GetString());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"delete\"")]
    public void OrchestrationJson_ChoiceAsANumber_IsReadLikeItsWord(string mode) =>
        Assert.Equal(RevocationMode.Delete, JsonSerializer.Deserialize<RevokeKeyInput>($$"""{"keyName":"k","mode":{{mode}}}""", OrchestrationJson.Options)!.Mode);

    [Theory]
    [InlineData("nobody", 404)]
    [InlineData("../bring", 400)]
    [InlineData("a b", 400)]
    [InlineData("", 400)]
    [InlineData("@entity@key", 400)]
    public async Task GetOperation_ThatIsNone_IsAProblem(string id, int status) =>
        AssertProblem(await Api.GetOperationAsync(id, Request(null), default), status);

    [Fact]
    public async Task Approve_ARunningOperation_RaisesTheEvent()
    {
        AddRunning();

        Assert.Equal(202, (await Api.ApproveAsync(Running, Request("""{"approval":"eyJ.eyJ-_.sig"}"""), default)).Status);

        Assert.Equal((Running, BringKeyOrchestration.ApprovalEvent, "eyJ.eyJ-_.sig"), Assert.Single(_client.Raised));
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("..")]
    [InlineData("a..c")]
    [InlineData("a.b.c=")]
    [InlineData("a.b.c ")]
    [InlineData("<a>.b.c")]
    public async Task Approve_WithSomethingElse_IsAProblem(string approval)
    {
        AddRunning();
        AssertProblem(await Api.ApproveAsync(Running, Request($$"""{"approval":"{{approval}}"}"""), default), 400);
    }

    [Theory]
    [InlineData((16 * 1024) - 4, 202)]
    [InlineData((16 * 1024) - 3, 400)]
    public async Task Approve_AtTheLongestApproval_IsTaken(int signatureLength, int status)
    {
        AddRunning();
        Assert.Equal(status, (await Api.ApproveAsync(Running, Request($$"""{"approval":"a.b.{{new string('s', signatureLength)}}"}"""), default)).Status);
    }

    [Fact]
    public async Task Approve_AnEndedOperation_IsAConflict()
    {
        AddRunning(OrchestrationState.Completed);
        AssertProblem(await Api.ApproveAsync(Running, Request("""{"approval":"a.b.c"}"""), default), 409);
    }

    [Fact]
    public async Task Approve_AnUnknownOperation_IsNotFound() =>
        AssertProblem(await Api.ApproveAsync("nobody", Request("""{"approval":"a.b.c"}"""), default), 404);

    private static InMemoryVault VaultWith(params string[] names)
    {
        var vault = new InMemoryVault();
        foreach (var name in names)
        {
            vault.AddActiveKey(name);
        }

        return vault;
    }

    private static ApiRequest Request(string? body, string? contentType = "application/json", ApiCaller? caller = null) =>
        new(caller ?? ApiCaller.Trusted, contentType, null, new MemoryStream(Encoding.UTF8.GetBytes(body ?? string.Empty)));

    private static JsonElement Body(ApiResponse response) => JsonDocument.Parse(response.Body).RootElement;

    private void AddRunning(OrchestrationState state = OrchestrationState.Running, FailureDetails? failure = null) =>
        _client.Instances[Running] = new OrchestrationStatus(
            Running, BringKeyOrchestration.Name, state, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch,
            JsonSerializer.SerializeToElement(new { stage = "exporting" }), null, failure);

    private void AssertProblem(ApiResponse response, int status)
    {
        Assert.Equal(status, response.Status);
        Assert.Equal("application/problem+json", response.ContentType);
        Assert.Equal(status, Body(response).GetProperty("status").GetInt32());
        Assert.NotEmpty(Body(response).GetProperty("title").GetString()!);
        Assert.NotEmpty(Body(response).GetProperty("detail").GetString()!);
        Assert.Empty(_client.Started);
        Assert.Empty(_client.Raised);
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private void Put(string id, OrchestrationState state, int minutes)
    {
        var on = DateTimeOffset.UnixEpoch.AddMinutes(minutes);
        _client.Instances[id] = new OrchestrationStatus(id, "any", state, on, on, null, null, null);
    }
}
