using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.Tests.Api;

/// <summary>An orchestration client that only notes what it is asked.</summary>
internal sealed class RecordingClient : IOrchestrationClient
{
    public List<(string Name, object? Input, string InstanceId)> Started { get; } = [];

    public List<(string InstanceId, string EventName, object? Payload)> Raised { get; } = [];

    public Dictionary<string, OrchestrationStatus> Instances { get; } = [];

    public ByokException? Failure { get; init; }

    public Action? OnRaise { get; set; }

    public Task<bool> ScheduleAsync(string name, object? input, string instanceId, CancellationToken cancellationToken)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        Started.Add((name, input, instanceId));
        return Task.FromResult(true);
    }

    public Task<OrchestrationStatus?> GetAsync(string instanceId, CancellationToken cancellationToken) =>
        Task.FromResult(Instances.GetValueOrDefault(instanceId));

    public IAsyncEnumerable<OrchestrationStatus> ListAsync(string idPrefix, CancellationToken cancellationToken) =>
        Instances.Values.Where(status => status.InstanceId.StartsWith(idPrefix, StringComparison.Ordinal)).ToAsyncEnumerable();

    public Task RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken)
    {
        OnRaise?.Invoke();
        if (Instances[instanceId].IsEnded)
        {
            throw new OperationEndedException("It has ended.");
        }

        Raised.Add((instanceId, eventName, payload));
        return Task.CompletedTask;
    }

    public Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken) => Task.CompletedTask;
}
