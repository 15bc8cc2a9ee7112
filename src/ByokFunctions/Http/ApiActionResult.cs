using Byok.Pipeline.Api;
using Microsoft.AspNetCore.Mvc;

namespace ByokFunctions.Http;

/// <summary>Sends the API's answer.</summary>
internal sealed class ApiActionResult(ApiResponse answer) : IActionResult
{
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var response = context.HttpContext.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        foreach (var (name, value) in answer.Headers)
        {
            response.Headers[name] = value;
        }

        await response.Body.WriteAsync(answer.Body, context.HttpContext.RequestAborted).ConfigureAwait(false);
    }
}
