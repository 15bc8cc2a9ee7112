using System.Runtime.CompilerServices;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace ByokFunctions.Durable;

/// <summary>The pipeline's orchestration client on Durable Functions.</summary>
public sealed class DurableOrchestrationClient(DurableTaskClient client) : IOrchestrationClient
{
    /// <inheritdoc/>
    /// <exception cref="ServiceUnavailableException">The engine does not take it now.</exception>
    public async Task<bool> ScheduleAsync(string name, object? input, string instanceId, CancellationToken cancellationToken)
    {
        if (!await MayStartAsync(instanceId, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(instanceId), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Somebody else may have scheduled it between the look and the call: then it is there now.
            return await MayStartAsync(instanceId, cancellationToken).ConfigureAwait(false)
                ? throw new ServiceUnavailableException($"The orchestration '{instanceId}' could not be scheduled; try again.", exception)
                : false;
        }
    }

    public async Task<OrchestrationStatus?> GetAsync(string instanceId, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken).ConfigureAwait(false) is { } metadata ? ToStatus(metadata) : null;

    public async IAsyncEnumerable<OrchestrationStatus> ListAsync(string idPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(idPrefix);
        // The engine lists in no order that says anything.
        var all = new List<OrchestrationStatus>();
        var query = new OrchestrationQuery { InstanceIdPrefix = idPrefix, FetchInputsAndOutputs = true };
        await foreach (var metadata in client.GetAllInstancesAsync(query).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            all.Add(ToStatus(metadata));
        }

        foreach (var status in all.OrderByDescending(status => status.CreatedOn))
        {
            yield return status;
        }
    }

    public async Task RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken)
    {
        var status = await GetAsync(instanceId, cancellationToken).ConfigureAwait(false)
            ?? throw new OperationNotFoundException($"There is no operation '{instanceId}'.");
        if (status.IsEnded)
        {
            throw new OperationEndedException($"The operation '{instanceId}' has ended; it takes no more events.");
        }

        await client.RaiseEventAsync(instanceId, eventName, payload, cancellationToken).ConfigureAwait(false);
    }

    public Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken) =>
        client.TerminateInstanceAsync(instanceId, reason, cancellationToken);

    private async Task<bool> MayStartAsync(string instanceId, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(instanceId, getInputsAndOutputs: false, cancellationToken).ConfigureAwait(false) is not { } existing
        || ToState(existing.RuntimeStatus) is OrchestrationState.Failed or OrchestrationState.Terminated;

    private static OrchestrationStatus ToStatus(OrchestrationMetadata metadata)
    {
        var state = ToState(metadata.RuntimeStatus);
        var output = ToElement(metadata.SerializedOutput);
        return new OrchestrationStatus(
            metadata.InstanceId,
            metadata.Name,
            state,
            metadata.CreatedAt,
            metadata.LastUpdatedAt,
            ToElement(metadata.SerializedCustomStatus),
            state == OrchestrationState.Completed ? output : null,
            ToFailure(state, metadata.FailureDetails, Words(output)));
    }

    private static FailureDetails? ToFailure(OrchestrationState state, TaskFailureDetails? details, string? output) => state switch
    {
        OrchestrationState.Failed => details?.ToFailure() ?? DurableFailures.ToFailure(output),
        OrchestrationState.Terminated => new FailureDetails(typeof(PermanentByokException).FullName!, output ?? "The orchestration was terminated."),
        _ => null,
    };

    private static string? Words(JsonElement? output) => output is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } words ? words : null;

    private static OrchestrationState ToState(OrchestrationRuntimeStatus status) => status switch
    {
        OrchestrationRuntimeStatus.Pending => OrchestrationState.Pending,
        OrchestrationRuntimeStatus.Completed => OrchestrationState.Completed,
        OrchestrationRuntimeStatus.Failed => OrchestrationState.Failed,
        OrchestrationRuntimeStatus.Terminated => OrchestrationState.Terminated,
        _ => OrchestrationState.Running,
    };

    private static JsonElement? ToElement(string? json)
    {
        if (string.IsNullOrEmpty(json))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // The engine's own words, for a failed instance: not JSON.
            return JsonSerializer.SerializeToElement(json);
        }
    }
}
