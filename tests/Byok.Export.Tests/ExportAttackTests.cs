using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Export.Approvals;
using Byok.Export.Messages;
using Byok.Export.Policy;
using Byok.Export.Record;
using Byok.Http;

namespace Byok.Export.Tests;

/// <summary>The attacker owns the whole cloud side: pipeline, relay, the vault's configuration. He has seen old approvals. He must get nothing.</summary>
public sealed class ExportAttackTests : IDisposable
{
    private readonly AgentScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task KekSwappedForHisOwn_IsRefused()
    {
        using var his = RSA.Create(2048);

        var message = await _scene.AssertRefusedAsync(_scene.ApprovedRequest() with { Kek = AgentScene.PublicOf(his) }, ExportRule.Approvals);

        Assert.Contains("kekThumbprint", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.vault.azure.net/keys/k/1")]
    [InlineData("https://contoso.vault.azure.net.evil.example/keys/k/1")]
    [InlineData("https://contoso.vault.azure.net:8443/keys/k/1")]
    [InlineData("https://contoso.vault.azure.net./keys/k/1")]
    public async Task KidOfAnotherVault_IsRefusedEvenWhenApproved(string kid) =>
        await _scene.AssertRefusedAsync(AgentScene.Approved(_scene.Request() with { KekId = KeyIdentifier.Parse(kid) }, "Alice", "Bob"), ExportRule.Vault);

    [Theory]
    [InlineData("https://contoso.vault.azure.net@evil.example/keys/k/1")]
    [InlineData("https://evil@contoso.vault.azure.net/keys/k/1")]
    [InlineData("http://contoso.vault.azure.net/keys/k/1")]
    [InlineData("https://contoso.vault.azure.net/keys/k")]
    [InlineData("https://contoso.vault.azure.net/keys/k/1?x")]
    public async Task KidThatIsNoKeyIdentifier_IsRefused(string kid)
    {
        var request = _scene.ApprovedRequest();

        var response = await _scene.PostAsync(Json(request).Replace(request.KekId.ToString(), kid, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(0, _scene.Hsm.Calls);
    }

    [Fact]
    public async Task OldApprovalsReplayedForANewRequest_AreRefused()
    {
        var old = _scene.ApprovedRequest("bring-1");
        await _scene.ExportAsync(old);

        var message = await _scene.AssertRefusedAsync(_scene.Request("bring-2") with { Approvals = old.Approvals! }, ExportRule.Approvals);

        Assert.Contains("requestId", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OldRequestReplayedWhole_GetsNoNewExport()
    {
        var old = _scene.ApprovedRequest();
        var answer = await _scene.ExportAsync(old);

        Assert.Equal(answer.TransferBlob, (await _scene.ExportAsync(old)).TransferBlob);
        Assert.Equal(1, _scene.Hsm.Exports);

        _scene.Time.Advance(TimeSpan.FromHours(5));
        await _scene.AssertRefusedAsync(old, ExportRule.Validity);
    }

    [Fact]
    public async Task ApprovalForAnotherKey_IsRefused()
    {
        _scene.Hsm.Add("payroll-ceo");
        var message = await _scene.AssertRefusedAsync(_scene.ApprovedRequest() with { KeyLabel = "payroll-ceo" }, ExportRule.Approvals);

        Assert.Contains("keyLabel", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForbiddenKey_IsRefusedEvenWhenApproved() =>
        await _scene.AssertRefusedAsync(AgentScene.Approved(_scene.Request() with { KeyLabel = "other" }, "Alice", "Bob"), ExportRule.KeyLabel);

    [Theory]
    [InlineData("Alice")]
    [InlineData("Alice", "Alice")]
    [InlineData("Carol", "Carol", "Carol")]
    [InlineData("Alice", "Mallory")]
    [InlineData("Mallory", "Mallory")]
    public async Task TooFewDistinctApprovers_AreRefused(params string[] names) =>
        await _scene.AssertRefusedAsync(AgentScene.Approved(_scene.Request(), names), ExportRule.Approvals);

    [Fact]
    public async Task SameRequestIdWithAnotherKek_IsRefusedEvenWhenApproved()
    {
        await _scene.ExportAsync(_scene.ApprovedRequest());
        using var other = RSA.Create(2048);

        await _scene.AssertRefusedAsync(
            AgentScene.Approved(_scene.Request() with { Kek = AgentScene.PublicOf(other) }, "Alice", "Bob"), ExportRule.RequestReuse);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(25 * 3600)]
    public async Task ExpiredOrForTooLong_IsRefused(int secondsFromNow) =>
        await _scene.AssertRefusedAsync(
            AgentScene.Approved(_scene.Request() with { ExpiresOn = _scene.Time.GetUtcNow().AddSeconds(secondsFromNow) }, "Alice", "Bob"), ExportRule.Validity);

    [Fact]
    public async Task ExpiryMovedAfterApproval_IsRefused()
    {
        var request = _scene.ApprovedRequest();

        await _scene.AssertRefusedAsync(request with { ExpiresOn = request.ExpiresOn.AddTicks(1) }, ExportRule.Approvals);
    }

    [Theory]
    [InlineData(1024, "AQAB", ExportRule.KekSize)]
    [InlineData(2056, "AQAB", ExportRule.KekSize)]
    [InlineData(2048, "AQ", ExportRule.KekShape)]
    [InlineData(2048, "Aw", ExportRule.KekShape)]
    [InlineData(2048, "AQAA", ExportRule.KekShape)]
    [InlineData(2048, "AQAAAAE", ExportRule.KekShape)]
    public async Task UnsoundKek_IsRefusedEvenWhenApproved(int sizeInBits, string exponent, string rule)
    {
        var modulus = RandomNumberGenerator.GetBytes(sizeInBits / 8);
        modulus[0] |= 0x80;
        modulus[^1] |= 1;

        await _scene.AssertRefusedAsync(
            AgentScene.Approved(_scene.Request() with { Kek = new RsaPublicKey(Base64Url.EncodeToString(modulus), exponent) }, "Alice", "Bob"), rule);
    }

    [Fact]
    public async Task EvenModulus_IsRefused()
    {
        var modulus = new byte[256];
        modulus[0] = 0x80;

        await _scene.AssertRefusedAsync(
            AgentScene.Approved(_scene.Request() with { Kek = new RsaPublicKey(Base64Url.EncodeToString(modulus), "AQAB") }, "Alice", "Bob"), ExportRule.KekShape);
    }

    [Theory]
    [InlineData]
    [InlineData("import", "decrypt")]
    [InlineData("import", "import")]
    [InlineData("Import")]
    [InlineData("unwrapKey")]
    public async Task KekForOtherUses_IsRefused(params string[] operations) =>
        await _scene.AssertRefusedAsync(_scene.ApprovedRequest() with { KekOperations = operations }, ExportRule.KekOperations);

    [Theory]
    [InlineData("payroll-2026\"")]
    [InlineData("payroll-2026\\")]
    [InlineData("payroll-\u0430")] // a Cyrillic a
    [InlineData("payroll-\u202e")] // right-to-left override
    [InlineData("payroll-\n")]
    public async Task LabelThatCouldMislead_IsRefused(string label)
    {
        _scene.Hsm.Add(label);

        await _scene.AssertRefusedAsync(_scene.ApprovedRequest() with { KeyLabel = label }, ExportRule.RequestForm);
    }

    [Fact]
    public async Task EveryCharacterOfAnApprovalChanged_IsRefused()
    {
        var request = _scene.Request();
        var good = AgentScene.Sign(request, "Alice");
        var bob = AgentScene.Sign(request, "Bob");
        var rules = new RequestRules(_scene.Policy, _scene.Time);
        Assert.Equal(["Alice", "Bob"], rules.Check(request with { Approvals = [good, bob] }));

        for (var i = 0; i < good.Length; i++)
        {
            var changed = good[..i] + (good[i] == 'A' ? 'B' : 'A') + good[(i + 1)..];
            Assert.Throws<ApprovalsMissingException>(() => rules.Check(request with { Approvals = [changed, bob] }));
            Assert.Throws<ApprovalsMissingException>(() => rules.Check(request with { Approvals = [good[..i], bob] }));
        }
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"KID","typ":"byok-export-approval"}""")]
    [InlineData("""{"alg":"HS256","kid":"KID","typ":"byok-export-approval"}""")]
    [InlineData("""{"alg":"PS256","kid":"KID","typ":"byok-export-approval"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"byok-export-approval","crit":["b64"],"b64":false}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"byok-export-approval","jwk":{"kty":"EC"}}""")]
    [InlineData("""{"alg":"ES256","alg":"none","kid":"KID","typ":"byok-export-approval"}""")]
    public async Task ApprovalWithAnotherHeader_IsRefusedThoughItsSignatureIsGood(string header)
    {
        using var alice = AgentScene.Signer("Alice");
        var request = _scene.Request();
        var approval = ComposeWithHeader(header.Replace("KID", alice.PublicKey.Thumbprint, StringComparison.Ordinal), CanonicalRequest.ToUtf8(request));

        await _scene.AssertRefusedAsync(request with { Approvals = [approval, AgentScene.Sign(request, "Bob")] }, ExportRule.Approvals);
    }

    [Fact]
    public async Task ApprovalOverTheSameJsonInAnotherSpelling_IsRefused()
    {
        using var alice = AgentScene.Signer("Alice");
        var request = _scene.Request();
        var spelled = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(CanonicalRequest.ToUtf8(request)).Replace(",", ", ", StringComparison.Ordinal));
        var approval = ComposeWithHeader($$"""{"alg":"ES256","kid":"{{alice.PublicKey.Thumbprint}}","typ":"byok-export-approval"}""", spelled);

        await _scene.AssertRefusedAsync(request with { Approvals = [approval, AgentScene.Sign(request, "Bob")] }, ExportRule.Approvals);
    }

    [Fact]
    public async Task AlteredJson_IsNeverAnsweredWithAKey()
    {
        var good = Json(_scene.ApprovedRequest());
        var values = new[] { "bring-1", "payroll-2026", "byok-kek-1", "import", "2026-01-02T07" };
        foreach (var value in values)
        {
            var altered = good.Replace(value, value[..^1] + '9', StringComparison.Ordinal);
            Assert.NotEqual(good, altered);
            Assert.Equal(HttpStatusCode.Forbidden, (await _scene.PostAsync(altered)).StatusCode);
        }

        Assert.Equal(0, _scene.Hsm.Exports);
        Assert.Equal(HttpStatusCode.OK, (await _scene.PostAsync(good)).StatusCode);
    }

    [Theory]
    [InlineData("\"keyLabel\":", "\"keyLabel\":\"other\",\"keyLabel\":")]
    [InlineData("\"keyLabel\":", "\"key\\u004cabel\":\"other\",\"keyLabel\":")]
    [InlineData("\"n\":", "\"n\":\"AQAB\",\"n\":")]
    [InlineData("\"keyLabel\":", "\"KeyLabel\":\"other\",\"keyLabel\":")]
    [InlineData("\"keyLabel\":", "\"force\":true,\"keyLabel\":")]
    [InlineData("\"keyLabel\":", "/**/\"keyLabel\":")]
    [InlineData("\"requestId\":\"bring-1\",", "")]
    [InlineData("\"bring-1\"", "null")]
    [InlineData("\"bring-1\"", "1")]
    [InlineData("\"import\"", "null")]
    [InlineData("[\"import\"]", "[[[[[[[[[[\"import\"]]]]]]]]]]")]
    [InlineData("\"AQAB\"", "\"AAAB\"")]
    public async Task JsonOutOfForm_IsRefused(string old, string replacement)
    {
        var good = Json(_scene.ApprovedRequest());
        Assert.Contains(old, good, StringComparison.Ordinal);

        var response = await _scene.PostAsync(good.Replace(old, replacement, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains(ExportRule.RequestForm, Encoding.UTF8.GetString(response.Body.Span), StringComparison.Ordinal);
        Assert.Equal(0, _scene.Hsm.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}{}")]
    [InlineData("\uFEFF{}")]
    public async Task BodyThatIsNoRequest_IsRefused(string body) => Assert.Equal(HttpStatusCode.Forbidden, (await _scene.PostAsync(body)).StatusCode);

    [Fact]
    public async Task OversizedBody_IsRefusedUnread()
    {
        var response = await _scene.PostAsync(Json(_scene.ApprovedRequest()).PadRight(ExportContract.MaxRequestBodyInBytes + 1));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(0, _scene.Hsm.Calls);
        Assert.Equal(HttpStatusCode.OK, (await _scene.PostAsync(Json(_scene.ApprovedRequest()).PadRight(ExportContract.MaxRequestBodyInBytes))).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/exports")]
    [InlineData("DELETE", "/keys")]
    [InlineData("POST", "/exports/")]
    [InlineData("POST", "/exports?x=1")]
    [InlineData("POST", "/EXPORTS")]
    [InlineData("POST", "/../exports")]
    public async Task UnknownMethodOrPath_IsRefused(string method, string path)
    {
        var response = await _scene.Agent.HandleAsync(new BufferedRequest(method, path, BufferedRequest.NoHeaders, Encoding.UTF8.GetBytes(Json(_scene.ApprovedRequest()))), CancellationToken.None);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(0, _scene.Hsm.Calls);
    }

    [Fact]
    public async Task ThousandsOfRequests_NeitherReachTheHsmNorFillTheDisk()
    {
        _scene.Policy = _scene.Policy with { RequestsPerHour = 200 };
        var path = Path.Combine(_scene.Folder, AgentRecord.FileName);
        var big = Json(_scene.Request() with { Approvals = [new string('A', 8000), new string('B', 8000)] });
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await _scene.PostAsync(big)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _scene.PostAsync(big)).StatusCode);
        var length = new FileInfo(path).Length;
        for (var i = 0; i < 5000; i++)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _scene.PostAsync(big)).StatusCode);
        }

        Assert.Equal(length, new FileInfo(path).Length);
        Assert.InRange(length, 1, 300 * 1024);
        Assert.Equal(0, _scene.Hsm.Calls);

        _scene.Time.Advance(TimeSpan.FromHours(1));
        await _scene.ExportAsync(_scene.ApprovedRequest());
    }

    [Fact]
    public async Task Record_HoldsEveryRefusalWithItsRule()
    {
        await _scene.AssertRefusedAsync(_scene.Request(), ExportRule.Approvals);
        await _scene.PostAsync("{}");

        var refusals = _scene.ReadRecord().Where(entry => entry.Kind == AgentRecordKind.Refused).ToList();

        Assert.Equal([ExportRule.Approvals, ExportRule.RequestForm], refusals.Select(entry => entry.Details["rule"]));
        Assert.Equal("bring-1", refusals[0].Details["requestId"]);
    }

    private static string ComposeWithHeader(string header, byte[] payload)
    {
        // Alice's own signature over whatever header: the attacker may have tricked another system of hers into signing it.
        var input = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(payload)}";
        return $"{input}.{Base64Url.EncodeToString(AgentScene.SignRaw("Alice", Encoding.ASCII.GetBytes(input)))}";
    }

    private static string Json(ExportRequest request) => new JsonObject
    {
        ["requestId"] = request.RequestId,
        ["keyLabel"] = request.KeyLabel,
        ["kekId"] = request.KekId.ToString(),
        ["kek"] = new JsonObject { ["n"] = request.Kek.N, ["e"] = request.Kek.E },
        ["kekOperations"] = new JsonArray([.. request.KekOperations.Select(operation => JsonValue.Create(operation))]),
        ["expiresOn"] = request.ExpiresOn.ToString("O"),
        ["approvals"] = new JsonArray([.. request.Approvals!.Select(approval => JsonValue.Create(approval))]),
    }.ToJsonString();
}
