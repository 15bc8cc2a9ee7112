using Byok.Api;
using Byok.Core.Ports;
using Byok.Pipeline.AuditKeys;
using ByokFunctions.Durable;
using ByokFunctions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace ByokFunctions.Functions;

/// <summary>The HTTP API, under <c>/api</c>. Every call needs a function key; with Easy Auth on, a token with the right role as well.</summary>
public sealed class OperationsFunctions(ApiRequests requests, AuditArchive audits, IKeyVault vault)
{
    /// <summary><c>POST /api/keys/{name}/bring</c>.</summary>
    [Function("StartBringKey")]
    public Task<IActionResult> BringKeyAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "keys/{name}/bring")] HttpRequest request,
        string name, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).BringKeyAsync(name, call, stop));

    /// <summary><c>POST /api/keys/{name}/rotate</c>.</summary>
    [Function("StartRotateKey")]
    public Task<IActionResult> RotateKeyAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "keys/{name}/rotate")] HttpRequest request,
        string name, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).RotateKeyAsync(name, call, stop));

    /// <summary><c>POST /api/keys/{name}/retire-branch</c>.</summary>
    [Function("StartRetireBranch")]
    public Task<IActionResult> RetireBranchAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "keys/{name}/retire-branch")] HttpRequest request,
        string name, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).RetireBranchAsync(name, call, stop));

    /// <summary><c>POST /api/keys/{name}/revoke</c>.</summary>
    [Function("StartRevokeKey")]
    public Task<IActionResult> RevokeKeyAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "keys/{name}/revoke")] HttpRequest request,
        string name, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).RevokeKeyAsync(name, call, stop));

    /// <summary><c>POST /api/keys/{name}/restore</c>.</summary>
    [Function("StartRestoreKey")]
    public Task<IActionResult> RestoreKeyAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "keys/{name}/restore")] HttpRequest request,
        string name, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).RestoreKeyAsync(name, call, stop));

    /// <summary><c>GET /api/keys/{name}/operations</c>.</summary>
    [Function("ListOperations")]
    public Task<IActionResult> ListOperationsAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "keys/{name}/operations")] HttpRequest request,
        string name, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).ListOperationsAsync(name, call, stop));

    /// <summary><c>POST /api/blobs/reencrypt</c>.</summary>
    [Function("StartReencryptBlob")]
    public Task<IActionResult> ReencryptBlobAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "blobs/reencrypt")] HttpRequest request, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).ReencryptBlobAsync(call, stop));

    /// <summary><c>POST /api/audits</c>.</summary>
    [Function("StartAudit")]
    public Task<IActionResult> AuditAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "audits")] HttpRequest request, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).AuditAsync(call, stop));

    /// <summary><c>GET /api/audits/latest</c>.</summary>
    [Function("GetLatestAudit")]
    public Task<IActionResult> GetLatestAuditAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "audits/latest")] HttpRequest request, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).GetLatestAuditAsync(call, stop));

    /// <summary><c>GET /api/operations/{id}</c>.</summary>
    [Function("GetOperation")]
    public Task<IActionResult> GetOperationAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/{id}")] HttpRequest request,
        string id, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).GetOperationAsync(id, call, stop));

    /// <summary><c>POST /api/operations/{id}/approvals</c>.</summary>
    [Function("ApproveOperation")]
    public Task<IActionResult> ApproveAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/{id}/approvals")] HttpRequest request,
        string id, [DurableClient] DurableTaskClient client) =>
        requests.AnswerAsync(request, (call, stop) => Api(client).ApproveAsync(id, call, stop));

    private OperationsApi Api(DurableTaskClient client) => new(new DurableOrchestrationClient(client), audits, vault);
}
