using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Byok.Api;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Http;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;

namespace Byok.Local.Stack.Operations;

/// <summary>Operations on the Functions app, by its HTTP API. EncryptBlob has no route: the app's upload trigger starts it.</summary>
public sealed class HttpOperations : IOperations
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the upload trigger may take to see an upload.</summary>
    private static readonly TimeSpan TriggerPatience = TimeSpan.FromMinutes(10);

    /// <summary>How long the app may be away while an operation is watched: a host that restarts is back sooner.</summary>
    private static readonly TimeSpan AbsencePatience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    /// <param name="app">The app's address.</param>
    /// <param name="functionKey">The function key, where the host asks for one; Core Tools do not.</param>
    public HttpOperations(Uri app, string? functionKey)
    {
        _http = new HttpClient(HttpTransport.Create()) { BaseAddress = new Uri(app, "api/") };
        if (functionKey is not null)
        {
            _http.DefaultRequestHeaders.Add("x-functions-key", functionKey);
        }
    }

    /// <summary>Whether the app answers.</summary>
    /// <exception cref="ConfigurationException">It asks for another function key.</exception>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await SendAsync(HttpMethod.Get, "operations/none", null, null, cancellationToken).ConfigureAwait(false);
            return IsOurs(answer); // the host says "not found" too, before it knows the app's routes
        }
        catch (ServiceUnavailableException)
        {
            return false;
        }
    }

    public async Task StartAsync(string orchestration, object input, string operationId, CancellationToken cancellationToken)
    {
        if (input is not EncryptBlobInput)
        {
            var (path, body) = RequestFor(input);
            await PostAsync(path, body, operationId, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<OrchestrationStatus> FollowAsync(string operationId, Action<OrchestrationStatus> report, CancellationToken cancellationToken)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var answered = begun;
        while (true)
        {
            try
            {
                var status = await FindAsync(operationId, cancellationToken).ConfigureAwait(false);
                answered = TimeProvider.System.GetTimestamp();
                if (status is not null)
                {
                    report(status);
                    if (status.IsEnded)
                    {
                        return status;
                    }
                }
                else if (TimeProvider.System.GetElapsedTime(begun) > TriggerPatience)
                {
                    throw new UnexpectedFailureException(
                        $"The app's upload trigger has started nothing for {TriggerPatience.TotalMinutes:0} minutes ('{operationId}'); 'byok status' names the app's log. Then give the command again.");
                }
            }
            catch (ServiceUnavailableException) when (TimeProvider.System.GetElapsedTime(answered) < AbsencePatience)
            {
                // It may be back in a moment.
            }

            await Task.Delay(Interval, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<OrchestrationStatus?> FindAsync(string operationId, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"operations/{Uri.EscapeDataString(operationId)}", null, null, cancellationToken).ConfigureAwait(false);
        return answer.StatusCode == HttpStatusCode.NotFound && IsOurs(answer)
            ? null
            : ToStatus(await ReadAsync<OperationView>(answer, cancellationToken).ConfigureAwait(false));
    }

    public Task<bool> IsRunElsewhereAsync(string operationId, CancellationToken cancellationToken) => Task.FromResult(false);

    public async IAsyncEnumerable<OrchestrationStatus> ListAsync(string keyName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"keys/{keyName}/operations", null, null, cancellationToken).ConfigureAwait(false);
        foreach (var operation in await ReadAsync<List<OperationView>>(answer, cancellationToken).ConfigureAwait(false))
        {
            yield return ToStatus(operation);
        }
    }

    public Task ApproveAsync(string operationId, string approval, CancellationToken cancellationToken) =>
        PostAsync($"operations/{Uri.EscapeDataString(operationId)}/approvals", new ApprovalBody(approval), null, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static (string Path, object Body) RequestFor(object input) => input switch
    {
        BringKeyInput bring => ($"keys/{bring.KeyName}/bring", new BringKeyBody(bring.KeyLabel, bring.GenerateSizeInBits)),
        RotateKeyInput rotate => ($"keys/{rotate.KeyName}/rotate", new RotateKeyBody(rotate.NewLabel, rotate.GenerateSizeInBits, rotate.Deep, rotate.GracePeriod?.TotalHours)),
        RetireBranchInput retire => ($"keys/{retire.KeyName}/retire-branch", new RetireBranchBody(retire.Branch?.ToString(), retire.Deep)),
        RevokeKeyInput revoke => ($"keys/{revoke.KeyName}/revoke", new RevokeKeyBody(revoke.Mode == RevocationMode.Delete ? "delete" : "disable", revoke.Rehearsal)),
        RestoreKeyInput restore => ($"keys/{restore.KeyName}/restore", new RestoreKeyBody()),
        ReencryptBlobInput reencrypt => ("blobs/reencrypt", new ReencryptBlobBody(reencrypt.BlobName)),
        AuditKeysInput audit => ("audits", new AuditBody(audit.ScrubPercent)),
        _ => throw new ArgumentException($"The HTTP API has no route for {input.GetType().Name}.", nameof(input)),
    };

    private async Task PostAsync(string path, object body, string? operationId, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, body, operationId, cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
        {
            throw await ToFailureAsync(answer, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string? operationId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body, body.GetType(), options: OrchestrationJson.Options);
        }

        if (operationId is not null)
        {
            request.Headers.Add(ApiRequest.OperationIdHeader, operationId);
        }

        try
        {
            var answer = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
            {
                answer.Dispose();
                throw new ConfigurationException($"The Functions app at {_http.BaseAddress} asks for a function key; put it into {FunctionsApp.KeyVariable}.");
            }

            if (answer.StatusCode >= HttpStatusCode.InternalServerError || answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                using (answer)
                {
                    throw await ToFailureAsync(answer, cancellationToken).ConfigureAwait(false);
                }
            }

            return answer;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ServiceUnavailableException(
                $"The Functions app at {_http.BaseAddress} does not answer; 'byok up' starts it again, and what was begun goes on when the same command is given again.", exception);
        }
    }

    private static bool IsOurs(HttpResponseMessage answer) => answer.Content.Headers.ContentType?.MediaType == "application/problem+json";

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancellationToken) => answer.IsSuccessStatusCode
        ? (await answer.Content.ReadFromJsonAsync<T>(OrchestrationJson.Options, cancellationToken).ConfigureAwait(false))!
        : throw await ToFailureAsync(answer, cancellationToken).ConfigureAwait(false);

    private static async Task<ByokException> ToFailureAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var detail = $"The Functions app answered {(int)answer.StatusCode}.";
        if (IsOurs(answer))
        {
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken).ConfigureAwait(false);
            detail = problem.GetProperty("detail").GetString()!;
        }

        return answer.StatusCode switch
        {
            HttpStatusCode.NotFound when answer.RequestMessage!.RequestUri!.AbsolutePath.StartsWith("/api/keys/", StringComparison.Ordinal) => new KeyUnavailableException(detail),
            HttpStatusCode.NotFound => new OperationNotFoundException(detail),
            HttpStatusCode.Conflict => new ConflictException(detail),
            HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => new ServiceUnavailableException(detail),
            _ => new UnexpectedFailureException(detail),
        };
    }

    /// <summary>The API names failures by the short name of their type, and all types that cross are of one namespace.</summary>
    private static OrchestrationStatus ToStatus(OperationView view) => new(
        view.Id, view.Kind, Enum.Parse<OrchestrationState>(view.State), view.CreatedOn, view.UpdatedOn, view.Progress, view.Result,
        view.Failure is { } failure ? new FailureDetails($"{typeof(ByokException).Namespace}.{failure.Type}", failure.Message) : null);
}
