using Byok.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace ByokFunctions.Http;

/// <summary>Answers the requests of HTTP functions.</summary>
/// <param name="callers">Finds out who calls.</param>
public sealed class ApiRequests(ApiCallers callers)
{
    /// <summary>Answers a request by the API.</summary>
    public async Task<IActionResult> AnswerAsync(HttpRequest request, Func<ApiRequest, CancellationToken, Task<ApiResponse>> answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        var call = request.ToApiRequest(callers.Identify(request.Headers));
        return new ApiActionResult(await answer(call, request.HttpContext.RequestAborted).ConfigureAwait(false));
    }
}
