using System.Text;
using Byok.Local.Tests.VaultEndpoint;
using Byok.Local.VaultEndpoint;
using Byok.Testing.Core.Fuzzing;
using Microsoft.AspNetCore.Http;

namespace Byok.Local.Tests.Fuzzing;

/// <summary>Bodies of requests to the local vault: answered, and never with a failure of the vault's own.</summary>
public sealed class VaultEndpointFuzzTests(VaultEndpointFixture fixture) : IClassFixture<VaultEndpointFixture>
{
    private static readonly (string Method, string Path)[] Requests =
    [
        ("POST", "/keys/fuzz/create"), ("PUT", "/keys/fuzz"), ("PATCH", "/keys/nobody"), ("PATCH", "/keys/nobody/0123456789abcdef"),
        ("POST", "/keys/nobody/0123456789abcdef/unwrapkey"), ("POST", "/keys/nobody/0123456789abcdef/wrapkey"),
    ];

    [Fact]
    public Task Body_Mutated_IsAnswered() => RunAsync(Fuzzer.FewInputs);

    [Trait("Category", "Long")]
    [Fact]
    public Task Body_MutatedManyTimes_IsAnswered() => RunAsync(Fuzzer.ManyInputs / 10);

    private Task RunAsync(int inputs)
    {
        var router = new RequestRouter(fixture.Vault, "token", TimeProvider.System);
        return Fuzzer.RunAsync(
            "vault-request", inputs,
            async input =>
            {
                foreach (var (method, path) in Requests)
                {
                    if (path.EndsWith("create", StringComparison.Ordinal) && input.AsSpan().IndexOf("RSA-HSM"u8) >= 0)
                    {
                        continue; // a sound one would have the token make a key each time
                    }

                    var context = new DefaultHttpContext();
                    context.Request.Method = method;
                    context.Request.Path = path;
                    context.Request.QueryString = new QueryString("?api-version=7.6");
                    context.Request.Headers.Authorization = "Bearer token";
                    context.Request.Body = new MemoryStream(input);
                    using var answer = new MemoryStream();
                    context.Response.Body = answer;
                    await router.ServeAsync(context);
                    Assert.True(context.Response.StatusCode is >= 400 and < 500, $"{method} {path}: {context.Response.StatusCode} {Encoding.UTF8.GetString(answer.ToArray())}");
                }
            },
            _ => false);
    }
}
