using System.Text;
using Byok.Api;
using Microsoft.AspNetCore.Http;

namespace Byok.Pipeline.Tests.Api;

public sealed class AspNetCoreAdapterTests
{
    [Fact]
    public void ToApiRequest_WithAllHeaders_TakesThem()
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = "application/json";
        request.ContentLength = 2;
        request.Headers.Accept = "text/html";
        request.Headers["Operation-Id"] = "bring-master-1";
        request.Body = new MemoryStream("{}"u8.ToArray());

        var call = request.ToApiRequest(ApiCaller.Trusted);

        Assert.Equal(
            new ApiRequest(ApiCaller.Trusted, "application/json", "text/html", request.Body) { BodyLength = 2, OperationId = "bring-master-1" }, call);
        Assert.Equal(0, request.Body.Position);
    }

    [Fact]
    public void ToApiRequest_WithoutHeaders_HasNone()
    {
        var request = new DefaultHttpContext().Request;

        Assert.Equal(new ApiRequest(ApiCaller.Trusted, null, null, request.Body), request.ToApiRequest(ApiCaller.Trusted));
    }

    [Fact]
    public async Task Send_AnAnswer_SendsAllOfIt()
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;

        await new ApiResponse(202, "application/json", "{}"u8.ToArray()) { Headers = new Dictionary<string, string> { ["Location"] = "/api/operations/1" } }.SendAsync(context);

        Assert.Equal((202, "application/json", 2L), (context.Response.StatusCode, context.Response.ContentType, context.Response.ContentLength));
        Assert.Equal("/api/operations/1", context.Response.Headers.Location.ToString());
        Assert.Equal("{}", Encoding.UTF8.GetString(body.ToArray()));
    }
}
