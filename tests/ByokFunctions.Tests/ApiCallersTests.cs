using System.Text;
using Byok.Api;
using ByokFunctions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ByokFunctions.Tests;

public sealed class ApiCallersTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("False")]
    [InlineData("")]
    public void Identify_WithoutEasyAuth_TrustsTheFunctionKeyAndNoHeader(string? enabled) =>
        Assert.Equal(ApiCaller.Trusted.Roles, Identify(enabled, Principal("""{"claims":[]}""")).Roles);

    [Theory]
    [InlineData("""{"auth_typ":"aad","role_typ":"roles","claims":[{"typ":"roles","val":"Byok.Operator"},{"typ":"name","val":"Byok.Auditor"}]}""")]
    [InlineData("""{"claims":[{"typ":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role","val":"Byok.Operator"}]}""")]
    [InlineData("""{"role_typ":"r","claims":[{"typ":"r","val":"Byok.Operator"}]}""")]
    public void Identify_WithEasyAuth_TakesTheAppRoles(string principal) =>
        Assert.Equal([ApiRole.Operator], Identify("True", Principal(principal)).Roles);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("eyJ")]
    [InlineData("bnVsbA==")]
    [InlineData("W10=")]
    [InlineData("e30=")]
    public void Identify_WithEasyAuthAndNoReadablePrincipal_HasNoRoles(string? header) => Assert.Empty(Identify("True", header).Roles);

    [Fact]
    public void Identify_WithClaimsWithoutType_HasNoRoles() =>
        Assert.Empty(Identify("true", Principal("""{"claims":[{"val":"Byok.Operator"},{"typ":null,"val":"Byok.Operator"}]}""")).Roles);

    private static string Principal(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));

    private static ApiCaller Identify(string? enabled, string? header)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["WEBSITE_AUTH_ENABLED"] = enabled }).Build();
        var headers = new HeaderDictionary();
        if (header is not null)
        {
            headers["X-MS-CLIENT-PRINCIPAL"] = header;
        }

        return new ApiCallers(configuration).Identify(headers);
    }
}
