using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Byok.Core.Errors;
using Byok.Export.Policy;

namespace Byok.Export.Tests;

/// <summary>The agent asks the vault for the KEK itself, over a scripted HTTP service.</summary>
public sealed class KekSourceTests : HttpMessageHandler
{
    private readonly AgentScene _scene = new();
    private HttpRequestMessage? _asked;
    private HttpStatusCode _status = HttpStatusCode.OK;
    private string _body;

    public KekSourceTests()
    {
        var request = _scene.Request();
        _body = $$"""
            {"key":{"kid":"{{request.KekId}}","kty":"RSA-HSM","key_ops":["import"],"n":"{{request.Kek.N}}","e":"AQAB"},
             "attributes":{"enabled":true,"created":1767323045,"updated":1767323045,"exp":1767409445,"recoveryLevel":"Recoverable"} }
            """;
        _scene.KekSource = new VaultKekSource(new HttpClient(this, disposeHandler: false), new FixedCredential());
    }

    [Fact]
    public async Task Export_VaultConfirmsTheKek_Goes()
    {
        await _scene.ExportAsync(_scene.ApprovedRequest());

        Assert.Equal($"{_scene.Request().KekId}?api-version=7.6", _asked!.RequestUri!.ToString());
        Assert.Equal("Bearer https://vault.azure.net/.default", _asked.Headers.Authorization!.ToString());
    }

    [Theory]
    [InlineData("RSA-HSM", "RSA")]
    [InlineData("[\"import\"]", "[\"import\",\"decrypt\"]")]
    [InlineData("0123456789abcdef", "ffffffffffffffff")]
    [InlineData("\"enabled\":true", "\"enabled\":false")]
    [InlineData("\"enabled\":true", "\"enabled\":true,\"exportable\":true")]
    public async Task Export_VaultSaysOtherwise_IsRefused(string said, string otherwise)
    {
        _body = _body.Replace(said, otherwise, StringComparison.Ordinal);

        await _scene.AssertRefusedAsync(_scene.ApprovedRequest(), ExportRule.KekSource);
    }

    [Fact]
    public async Task Export_ApproversWereDeceivedByASwappedKek_IsRefused()
    {
        using var his = RSA.Create(2048);

        await _scene.AssertRefusedAsync(
            AgentScene.Approved(_scene.Request() with { Kek = AgentScene.PublicOf(his) }, "Alice", "Bob"), ExportRule.KekSource);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public async Task Export_VaultDoesNotShowTheKek_IsRefused(HttpStatusCode status)
    {
        _status = status;

        await _scene.AssertRefusedAsync(_scene.ApprovedRequest(), ExportRule.KekSource);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.Redirect)]
    public async Task Export_VaultDoesNotAnswer_MayBeTriedAgain(HttpStatusCode status)
    {
        _status = status;
        await Assert.ThrowsAsync<ServiceUnavailableException>(() => _scene.ExportAsync(_scene.ApprovedRequest()));
        _status = HttpStatusCode.OK;

        await _scene.ExportAsync(_scene.ApprovedRequest());

        Assert.Equal(1, _scene.Hsm.Exports);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("<html>")]
    public async Task Export_VaultAnswersInAnotherForm_Fails(string body)
    {
        _body = body;

        await Assert.ThrowsAsync<VaultException>(() => _scene.ExportAsync(_scene.ApprovedRequest()));
        Assert.Equal(0, _scene.Hsm.Exports);
    }

    [Fact]
    public async Task Export_VaultAnswersWithoutEnd_Fails()
    {
        _body = new string(' ', VaultKekSource.MaxAnswerInBytes + 1);

        await Assert.ThrowsAsync<ServiceUnavailableException>(() => _scene.ExportAsync(_scene.ApprovedRequest()));
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _asked = request;
        return Task.FromResult(new HttpResponseMessage(_status) { Content = new StringContent(_body, Encoding.UTF8, "application/json") });
    }

    protected override void Dispose(bool disposing)
    {
        _scene.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Gives the asked scope as the token.</summary>
    private sealed class FixedCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(requestContext.Scopes[0], DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
