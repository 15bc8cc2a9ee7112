using Azure;
using Azure.Core;
using Byok.Core.Errors;
using Byok.Relay.HybridConnections;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Relay.Tests.HybridConnections;

public sealed class TokenProviderTests
{
    private static readonly RelayEndpoint Endpoint = new(new Uri("https://contoso.servicebus.windows.net"), "hyco");
    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Fact]
    public async Task SasToken_KnownAnswer()
    {
        using var tokens = new SasTokenProvider("root key", "c2VjcmV0", Time, TimeSpan.FromHours(1));

        var token = await tokens.GetTokenAsync(Endpoint, CancellationToken.None);

        // printf 'http%%3A%%2F%%2Fcontoso.servicebus.windows.net%%2Fhyco\n1767326645' | openssl dgst -sha256 -hmac c2VjcmV0 -binary | base64
        Assert.Equal(
            "SharedAccessSignature sr=http%3A%2F%2Fcontoso.servicebus.windows.net%2Fhyco&sig=Wx5XLcSTUk0q%2BYgTKpBxKwRILohWmV4a0UkFVzEEauE%3D&se=1767326645&skn=root%20key",
            token.Value);
        Assert.Equal(Time.GetUtcNow().AddHours(1), token.ExpiresOn);
        Assert.DoesNotContain("sig=", token.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void SasToken_NoKeyOrNoLife_Misuse()
    {
        Assert.Throws<ArgumentException>(() => new SasTokenProvider("name", "", Time));
        Assert.Throws<ArgumentException>(() => new SasTokenProvider("", "key", Time));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SasTokenProvider("name", "key", Time, TimeSpan.FromMilliseconds(999)));
    }

    [Fact]
    public async Task EntraToken_AsksForTheRelaysScope()
    {
        var credential = new FixedCredential(context => new AccessToken(string.Join(' ', context.Scopes), Time.GetUtcNow().AddHours(1)));

        var token = await new EntraTokenProvider(credential).GetTokenAsync(Endpoint, CancellationToken.None);

        Assert.Equal("https://relay.azure.net/.default", token.Value);
        Assert.Equal(Time.GetUtcNow().AddHours(1), token.ExpiresOn);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(429, true)]
    [InlineData(503, true)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    public async Task EntraToken_Failure_TransientOnlyWhenTheServiceIsAway(int status, bool isTransient)
    {
        var provider = new EntraTokenProvider(new FixedCredential(_ => throw new RequestFailedException(status, "client secret is hunter2")));

        var failure = await Assert.ThrowsAnyAsync<ByokException>(async () => await provider.GetTokenAsync(Endpoint, CancellationToken.None));

        Assert.Equal(isTransient, failure is TransientByokException);
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
    }

    private sealed class FixedCredential(Func<TokenRequestContext, AccessToken> answer) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => answer(requestContext);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(answer(requestContext));
    }
}
