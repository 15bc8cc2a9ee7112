using System.Net;
using System.Text;
using Byok.Core.Errors;
using Byok.Export.Messages;
using Byok.Http;

namespace Byok.Export.Tests;

/// <summary>What the sender makes of answers that are not the agent's.</summary>
public sealed class RelayHsmTests : IAgentChannel
{
    private BufferedResponse _answer = BufferedResponse.Empty(HttpStatusCode.OK);

    public Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken) => Task.FromResult(_answer);

    [Theory]
    [InlineData(200, "<html>", typeof(UnexpectedFailureException))]
    [InlineData(200, "null", typeof(UnexpectedFailureException))]
    [InlineData(200, "{\"manufacturer\":\"x\"}", typeof(UnexpectedFailureException))]
    [InlineData(502, "bad gateway", typeof(ServiceUnavailableException))]
    [InlineData(429, "", typeof(ServiceUnavailableException))]
    [InlineData(413, "", typeof(UnexpectedFailureException))]
    [InlineData(500, "{\"type\":\"urn:byok:failure:Byok.Core.Errors.HsmPinException\",\"status\":500,\"detail\":\"d\"}", typeof(HsmPinException))]
    [InlineData(500, "{\"type\":\"urn:byok:failure:System.Diagnostics.Process\",\"status\":500,\"detail\":\"d\"}", typeof(UnexpectedFailureException))]
    [InlineData(500, "{\"type\":\"about:blank\",\"status\":500,\"detail\":\"d\"}", typeof(UnexpectedFailureException))]
    public async Task Describe_AnsweredLikeThis_Throws(int status, string body, Type type)
    {
        _answer = new BufferedResponse((HttpStatusCode)status, BufferedRequest.NoHeaders, Encoding.UTF8.GetBytes(body));

        await Assert.ThrowsAsync(type, () => new RelayHsm(this).DescribeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Describe_AnsweredWithoutEnd_Throws()
    {
        _answer = new BufferedResponse(HttpStatusCode.OK, BufferedRequest.NoHeaders, new byte[ExportContract.MaxResponseBodyInBytes + 1]);

        await Assert.ThrowsAsync<UnexpectedFailureException>(() => new RelayHsm(this).DescribeAsync(CancellationToken.None));
    }
}
