using Byok.Core.Orchestration;
using Microsoft.DurableTask;
using RetryPolicy = Byok.Core.Orchestration.RetryPolicy;

namespace ByokFunctions.Durable;

/// <summary>
/// The pipeline's orchestration context on Durable Functions. Awaits in here stay on the orchestrator's context: replay depends on it.
/// </summary>
public sealed class DurableOrchestrationContext(TaskOrchestrationContext context) : IOrchestrationContext
{
    public string InstanceId => context.InstanceId;

    public DateTimeOffset CurrentTime => new(DateTime.SpecifyKind(context.CurrentUtcDateTime, DateTimeKind.Utc));

    public bool IsReplaying => context.IsReplaying;

    public Guid NewGuid() => context.NewGuid();

    public Task<TOutput> CallActivityAsync<TOutput>(string name, object? input, RetryPolicy? retry = null) =>
        OwnFailureAsync(context.CallActivityAsync<TOutput>(name, input, ToOptions(retry)));

    public Task<TOutput> CallSubOrchestrationAsync<TOutput>(string name, object? input, string? instanceId = null) =>
        OwnFailureAsync(context.CallSubOrchestratorAsync<TOutput>(
            name, input, instanceId is null ? null : new SubOrchestrationOptions(instanceId: instanceId)));

    public Task CreateTimerAsync(DateTimeOffset fireAt, CancellationToken cancellationToken) =>
        context.CreateTimer(fireAt.UtcDateTime, cancellationToken);

    public Task<T> WaitForExternalEventAsync<T>(string name, CancellationToken cancellationToken) =>
        context.WaitForExternalEvent<T>(name, cancellationToken);

    public void ContinueAsNew(object? input) => context.ContinueAsNew(input, preserveUnprocessedEvents: true);

    public void SetStatus(object? status) => context.SetCustomStatus(status);

    private static async Task<T> OwnFailureAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (TaskFailedException exception)
        {
            throw exception.FailureDetails.ToFailure().ToException();
        }
    }

    private static TaskOptions? ToOptions(RetryPolicy? retry) => retry is null
        ? null
        : TaskOptions.FromRetryPolicy(new Microsoft.DurableTask.RetryPolicy(retry.MaxAttempts, retry.FirstDelay, retry.BackoffCoefficient, retry.MaxDelay)
        {
            HandleFailure = details => details.ToFailure().IsRetryable,
        });
}
