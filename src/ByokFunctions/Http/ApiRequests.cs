using Byok.Pipeline.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace ByokFunctions.Http;

/// <summary>Between ASP.NET Core and the API.</summary>
/// <param name="callers">Finds out who calls.</param>
public sealed class ApiRequests(ApiCallers callers)
{
    /// <summary>Answers a request by the API.</summary>
    public async Task<IActionResult> AnswerAsync(HttpRequest request, Func<ApiRequest, CancellationToken, Task<ApiResponse>> answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        var call = new ApiRequest(callers.Identify(request.Headers), request.ContentType, request.Headers.Accept, request.Body)
        {
            BodyLength = request.ContentLength,
            OperationId = request.Headers.TryGetValue(ApiRequest.OperationIdHeader, out var operationId) ? operationId.ToString() : null,
        };
        return new ApiActionResult(await answer(call, request.HttpContext.RequestAborted).ConfigureAwait(false));
    }
}
