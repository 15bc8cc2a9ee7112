namespace Byok.Api;

/// <summary>One route of the API.</summary>
/// <param name="Method">The HTTP method, in capitals.</param>
/// <param name="Template">The path under <c>/api/</c>, with at most one parameter in braces.</param>
/// <param name="AnswerAsync">Answers a request; gets the parameter's value, or an empty text where the path has none.</param>
public sealed record ApiRoute(string Method, string Template, Func<OperationsApi, string, ApiRequest, CancellationToken, Task<ApiResponse>> AnswerAsync)
{
    /// <summary>All routes. A host maps these and no others.</summary>
    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("POST", "keys/{name}/bring", (api, name, request, stop) => api.BringKeyAsync(name, request, stop)),
        new("POST", "keys/{name}/rotate", (api, name, request, stop) => api.RotateKeyAsync(name, request, stop)),
        new("POST", "keys/{name}/retire-branch", (api, name, request, stop) => api.RetireBranchAsync(name, request, stop)),
        new("POST", "keys/{name}/revoke", (api, name, request, stop) => api.RevokeKeyAsync(name, request, stop)),
        new("POST", "keys/{name}/restore", (api, name, request, stop) => api.RestoreKeyAsync(name, request, stop)),
        new("GET", "keys/{name}/operations", (api, name, request, stop) => api.ListOperationsAsync(name, request, stop)),
        new("POST", "blobs/reencrypt", (api, _, request, stop) => api.ReencryptBlobAsync(request, stop)),
        new("POST", "audits", (api, _, request, stop) => api.AuditAsync(request, stop)),
        new("GET", "audits/latest", (api, _, request, stop) => api.GetLatestAuditAsync(request, stop)),
        new("GET", "operations/{id}", (api, id, request, stop) => api.GetOperationAsync(id, request, stop)),
        new("POST", "operations/{id}/approvals", (api, id, request, stop) => api.ApproveAsync(id, request, stop)),
    ];
}
