using Byok.Api;
using Microsoft.AspNetCore.Mvc;

namespace ByokFunctions.Http;

/// <summary>Sends the API's answer.</summary>
internal sealed class ApiActionResult(ApiResponse answer) : IActionResult
{
    public Task ExecuteResultAsync(ActionContext context) => answer.SendAsync(context.HttpContext);
}
