using Microsoft.AspNetCore.Http;

namespace Byok.Api;

/// <summary>Between ASP.NET Core and the API, for every host.</summary>
public static class AspNetCoreAdapter
{
    /// <summary>The request, its body unread.</summary>
    public static ApiRequest ToApiRequest(this HttpRequest request, ApiCaller caller)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new ApiRequest(caller, request.ContentType, request.Headers.Accept, request.Body)
        {
            BodyLength = request.ContentLength,
            OperationId = request.Headers.TryGetValue(ApiRequest.OperationIdHeader, out var operationId) ? operationId.ToString() : null,
        };
    }

    /// <summary>Sends the answer.</summary>
    public static async Task SendAsync(this ApiResponse answer, HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(context);
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        foreach (var (name, value) in answer.Headers)
        {
            response.Headers[name] = value;
        }

        await response.Body.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
    }
}
