using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Storage;

namespace Byok.Api;

/// <summary>
/// The HTTP API without a web host: checks a request, starts or looks up an operation, and answers. Hosts map <see cref="ApiRoute.All"/>.
/// What is wrong with a request is answered by a problem document (RFC 9457), and nothing is started.
/// </summary>
/// <param name="client">Starts and looks up operations.</param>
/// <param name="audits">The audit reports.</param>
/// <param name="vault">Knows which keys there are.</param>
/// <param name="time">The clock of orders; the system's when null.</param>
public sealed class OperationsApi(IOrchestrationClient client, AuditArchive audits, IKeyVault vault, TimeProvider? time = null)
{
    /// <summary>Longest approval, in characters.</summary>
    private const int MaxApprovalLength = 16 * 1024;

    /// <summary>Longest label of a master key, in characters.</summary>
    private const int MaxLabelLength = 128;

    /// <summary>Longest grace period: 90 days.</summary>
    private const int MaxGracePeriodHours = 90 * 24;

    private static readonly string LabelRule = $"1 to {MaxLabelLength} characters, none of them a control character";

    private static readonly ApiRole[] Everybody = Enum.GetValues<ApiRole>();

    public Task<ApiResponse> BringKeyAsync(string keyName, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Operator], async () =>
        {
            RequireKeyName(keyName);
            var body = await RequestBody.ReadAsync<BringKeyBody>(request, cancellationToken).ConfigureAwait(false);
            Require(IsLabel(body.Label), "label", LabelRule);
            RequireKeySize(body.GenerateSizeInBits);
            var input = new BringKeyInput { KeyName = keyName, KeyLabel = body.Label, GenerateSizeInBits = body.GenerateSizeInBits };
            return await StartAsync(request, OperationVerb.Bring, keyName, BringKeyOrchestration.Name, input, cancellationToken).ConfigureAwait(false);
        });

    public Task<ApiResponse> RotateKeyAsync(string keyName, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Operator], async () =>
        {
            RequireKeyName(keyName);
            var body = await RequestBody.ReadAsync<RotateKeyBody>(request, cancellationToken).ConfigureAwait(false);
            Require(body.NewLabel is null || IsLabel(body.NewLabel), "newLabel", LabelRule);
            RequireKeySize(body.GenerateSizeInBits);
            Require(body.GracePeriodHours is null or (>= 0 and <= MaxGracePeriodHours), "gracePeriodHours", $"0 to {MaxGracePeriodHours}");
            await RequireKnownKeyAsync(keyName, cancellationToken).ConfigureAwait(false);
            var input = new RotateKeyInput
            {
                KeyName = keyName,
                NewLabel = body.NewLabel,
                GenerateSizeInBits = body.GenerateSizeInBits,
                Deep = body.Deep,
                GracePeriod = body.GracePeriodHours is { } hours ? TimeSpan.FromHours(hours) : null,
            };
            var goOn = request with { OperationId = request.OperationId ?? await FindFailedRotationAsync(keyName, cancellationToken).ConfigureAwait(false) };
            return await StartAsync(goOn, OperationVerb.Rotate, keyName, RotateKeyOrchestration.Name, input, cancellationToken).ConfigureAwait(false);
        });

    public Task<ApiResponse> RetireBranchAsync(string keyName, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Operator], async () =>
        {
            RequireKeyName(keyName);
            var body = await RequestBody.ReadAsync<RetireBranchBody>(request, cancellationToken).ConfigureAwait(false);
            BranchName? branch = null;
            Require(body.Branch is null || BranchName.TryParse(body.Branch, out branch), "branch", "a branch's name, 43 characters of base64url");
            await RequireKnownKeyAsync(keyName, cancellationToken).ConfigureAwait(false);
            var input = new RetireBranchInput { KeyName = keyName, Branch = branch, Deep = body.Deep };
            return await StartAsync(request, OperationVerb.Retire, keyName, RetireBranchOrchestration.Name, input, cancellationToken).ConfigureAwait(false);
        });

    public Task<ApiResponse> RevokeKeyAsync(string keyName, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Operator], async () =>
        {
            RequireKeyName(keyName);
            var body = await RequestBody.ReadAsync<RevokeKeyBody>(request, cancellationToken).ConfigureAwait(false);
            Require(body.Mode is "disable" or "delete", "mode", "'disable' or 'delete'");
            await RequireKnownKeyAsync(keyName, cancellationToken).ConfigureAwait(false);
            var mode = body.Mode == "delete" ? RevocationMode.Delete : RevocationMode.Disable;
            var orderedOn = await FindOrderTimeAsync(keyName, cancellationToken).ConfigureAwait(false);
            var input = new RevokeKeyInput { KeyName = keyName, Mode = mode, Rehearsal = body.Rehearsal, OrderedOn = orderedOn };
            return await StartAsync(request, body.Rehearsal ? OperationVerb.Rehearse : OperationVerb.Revoke, keyName, RevokeKeyOrchestration.Name, input, cancellationToken).ConfigureAwait(false);
        });

    public Task<ApiResponse> RestoreKeyAsync(string keyName, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Operator], async () =>
        {
            RequireKeyName(keyName);
            _ = await RequestBody.ReadAsync<RestoreKeyBody>(request, cancellationToken).ConfigureAwait(false);
            var orderedOn = await FindOrderTimeAsync(keyName, cancellationToken).ConfigureAwait(false);
            var input = new RestoreKeyInput { KeyName = keyName, OrderedOn = orderedOn };
            return await StartAsync(request, OperationVerb.Restore, keyName, RestoreKeyOrchestration.Name, input, cancellationToken).ConfigureAwait(false);
        });

    public Task<ApiResponse> ReencryptBlobAsync(ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Operator], async () =>
        {
            var body = await RequestBody.ReadAsync<ReencryptBlobBody>(request, cancellationToken).ConfigureAwait(false);
            if (!BlobName.IsStorable(body.BlobName, out var fault))
            {
                throw new ApiProblemException(400, "Request not valid", $"The blobName cannot name a blob: it {fault}.");
            }

            var input = new ReencryptBlobInput { BlobName = body.BlobName };
            return await StartAsync(request, OperationVerb.Reencrypt, null, ReencryptBlobOrchestration.Name, input, cancellationToken).ConfigureAwait(false);
        });

    public Task<ApiResponse> AuditAsync(ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Operator, ApiRole.Auditor], async () =>
        {
            var body = await RequestBody.ReadAsync<AuditBody>(request, cancellationToken).ConfigureAwait(false);
            Require(body.ScrubPercent is null or (>= 0 and <= 100), "scrubPercent", "0 to 100");
            var input = body.ScrubPercent is { } percent ? new AuditKeysInput { ScrubPercent = percent } : new AuditKeysInput();
            return await StartAsync(request, OperationVerb.Audit, null, AuditKeysOrchestration.Name, input, cancellationToken).ConfigureAwait(false);
        });

    /// <summary>The newest audit report: one self-contained page for who accepts <c>text/html</c>, else JSON.</summary>
    public Task<ApiResponse> GetLatestAuditAsync(ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Auditor], async () =>
        {
            try
            {
                return request.Accept?.Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase) == true
                    ? new ApiResponse(200, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(await audits.ReadPageAsync(AuditArchive.Latest, cancellationToken).ConfigureAwait(false)))
                    : new ApiResponse(
                        200,
                        MediaTypeNames.Application.Json,
                        JsonSerializer.SerializeToUtf8Bytes(await audits.ReadReportAsync(AuditArchive.Latest, cancellationToken).ConfigureAwait(false), AuditArchive.JsonOptions));
            }
            catch (BlobNotFoundException)
            {
                throw new ApiProblemException(404, "No audit yet", "No audit has been published; start one with POST /api/audits.");
            }
            catch (IntegrityException exception)
            {
                throw new ApiProblemException(500, "Audit not readable", exception.Message);
            }
        });

    public Task<ApiResponse> GetOperationAsync(string operationId, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Everybody, async () =>
        {
            var status = await FindAsync(operationId, cancellationToken).ConfigureAwait(false);
            var response = ApiResponse.Json(200, OperationView.From(status));
            return status.IsEnded ? response : response with { Headers = new Dictionary<string, string> { ["Retry-After"] = "2" } };
        });

    /// <summary>Lists the operations on a key, newest first.</summary>
    public Task<ApiResponse> ListOperationsAsync(string keyName, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Everybody, async () =>
        {
            RequireKeyName(keyName);
            var operations = new List<OrchestrationStatus>();
            foreach (var verb in Enum.GetValues<OperationVerb>().Where(OperationId.IsOnAKey))
            {
                operations.AddRange(await ListAsync(verb, keyName, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false));
            }

            return ApiResponse.Json(200, operations.OrderByDescending(status => status.CreatedOn).Select(OperationView.From));
        });

    /// <summary>Hands an approval to an operation that waits for it.</summary>
    public Task<ApiResponse> ApproveAsync(string operationId, ApiRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(request, [ApiRole.Approver], async () =>
        {
            RequireOperationId(operationId);
            var body = await RequestBody.ReadAsync<ApprovalBody>(request, cancellationToken).ConfigureAwait(false);
            Require(IsCompactJws(body.Approval), "approval", $"a compact JWS of at most {MaxApprovalLength} characters");
            await FindAsync(operationId, cancellationToken).ConfigureAwait(false);
            await client.RaiseEventAsync(operationId, BringKeyOrchestration.ApprovalEvent, body.Approval, cancellationToken).ConfigureAwait(false);
            return Accepted(operationId);
        });

    /// <summary>The newest operation, when it failed or was terminated. Under its id a rotation goes on with the key that it brought, and that it may still hold.</summary>
    private async Task<string?> FindFailedRotationAsync(string keyName, CancellationToken cancellationToken)
    {
        var last = await ListAsync(OperationVerb.Rotate, keyName, cancellationToken)
            .MaxByAsync(status => status.CreatedOn, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return last is { State: OrchestrationState.Failed or OrchestrationState.Terminated } ? last.InstanceId : null;
    }

    private IAsyncEnumerable<OrchestrationStatus> ListAsync(OperationVerb verb, string keyName, CancellationToken cancellationToken) =>
        client.ListAsync(OperationId.Prefix(verb, keyName), cancellationToken).Where(status => OperationId.Is(status.InstanceId, verb, keyName));

    private async Task<ApiResponse> StartAsync(
        ApiRequest request, OperationVerb verb, string? keyName, string orchestration, object input, CancellationToken cancellationToken)
    {
        var operationId = request.OperationId ?? OperationId.New(verb, keyName).ToString();
        Require(OperationId.Is(operationId, verb, keyName), $"header {ApiRequest.OperationIdHeader}", $"'{OperationId.Prefix(verb, keyName)}' and 32 hexadecimal digits");
        await client.ScheduleAsync(orchestration, input, operationId, cancellationToken).ConfigureAwait(false);
        return Accepted(operationId);
    }

    /// <summary>Not for bring and restore: what they are asked for may be in no vault.</summary>
    private async Task RequireKnownKeyAsync(string keyName, CancellationToken cancellationToken)
    {
        try
        {
            await vault.GetKeyAsync(keyName, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            if (!await vault.ListDeletedKeysAsync(cancellationToken).AnyAsync(deleted => deleted.Key.Id.Name == keyName, cancellationToken).ConfigureAwait(false))
            {
                throw new ApiProblemException(404, "No such key", $"The vault holds no key '{keyName}'; 'key list' shows those it holds.");
            }
        }
        catch (PermanentByokException)
        {
            // There is one, and something is wrong with it: the operation finds out what.
        }
    }

    /// <summary>When an order is given now; a vault with which something is wrong leaves that to the operation.</summary>
    private async Task<DateTimeOffset?> FindOrderTimeAsync(string keyName, CancellationToken cancellationToken)
    {
        try
        {
            return (await vault.ReadLifeAsync(keyName, cancellationToken).ConfigureAwait(false)).NextOrderOn((time ?? TimeProvider.System).GetUtcNow());
        }
        catch (PermanentByokException)
        {
            return null;
        }
    }

    private async Task<OrchestrationStatus> FindAsync(string operationId, CancellationToken cancellationToken)
    {
        RequireOperationId(operationId);
        return await client.GetAsync(operationId, cancellationToken).ConfigureAwait(false)
            ?? throw new ApiProblemException(404, "No such operation", $"There is no operation '{operationId}'.");
    }

    private static ApiResponse Accepted(string operationId) => ApiResponse.Json(202, new { id = operationId }) with
    {
        Headers = new Dictionary<string, string> { ["Location"] = $"/api/operations/{operationId}", ["Retry-After"] = "2" },
    };

    private static async Task<ApiResponse> AnswerAsync(ApiRequest request, IEnumerable<ApiRole> roles, Func<Task<ApiResponse>> answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Caller.Roles.Overlaps(roles))
        {
            return ApiResponse.Problem(403, "Not allowed", $"This needs the role {string.Join(" or ", roles)}.");
        }

        try
        {
            return await answer().ConfigureAwait(false);
        }
        catch (ApiProblemException problem)
        {
            return problem.ToResponse();
        }
        catch (OperationNotFoundException exception)
        {
            return ApiResponse.Problem(404, "No such operation", exception.Message);
        }
        catch (ConflictException exception)
        {
            return ApiResponse.Problem(409, "Conflict", exception.Message);
        }
        catch (TransientByokException exception)
        {
            return ApiResponse.Problem(503, "Not available now", exception.Message) with { Headers = new Dictionary<string, string> { ["Retry-After"] = "5" } };
        }
    }

    private static void RequireKeyName(string? keyName) =>
        Require(KeyName.IsValid(keyName), "key name", $"1 to {KeyName.MaxLength} ASCII letters, digits and dashes");

    private static void RequireKeySize(int? sizeInBits) =>
        Require(sizeInBits is null or 2048 or 3072 or 4096, "generateSizeInBits", "2048, 3072 or 4096");

    private static void RequireOperationId(string? operationId) =>
        Require(
            OperationId.IsSafe(operationId),
            "operation id",
            $"1 to {OperationId.MaxLength} ASCII letters, digits, dashes, underscores and colons");

    private static void Require(bool condition, string member, string rule)
    {
        if (!condition)
        {
            throw new ApiProblemException(400, "Request not valid", $"The {member} must be {rule}.");
        }
    }

    private static bool IsLabel(string? label) => label is { Length: > 0 and <= MaxLabelLength } && !label.Any(char.IsControl);

    private static bool IsCompactJws(string? text) =>
        text is { Length: > 0 and <= MaxApprovalLength }
        && text.Split('.') is [{ Length: > 0 }, { Length: > 0 }, { Length: > 0 }] parts
        && parts.All(part => part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
}
