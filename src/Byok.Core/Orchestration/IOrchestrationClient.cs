using Byok.Core.Errors;

namespace Byok.Core.Orchestration;

/// <summary>Starts and watches orchestrations, on whichever engine the host runs.</summary>
public interface IOrchestrationClient
{
    /// <summary>Schedules an instance. An id that is pending, running or completed is left alone; one that failed or was terminated is run again.</summary>
    /// <returns>True when this call scheduled it.</returns>
    Task<bool> ScheduleAsync(string name, object? input, string instanceId, CancellationToken cancellationToken);

    /// <summary>Describes an instance; null when there is none.</summary>
    Task<OrchestrationStatus?> GetAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Lists the instances whose ids begin so, newest first; an empty prefix lists all there are, which in a large store takes long.</summary>
    IAsyncEnumerable<OrchestrationStatus> ListAsync(string idPrefix, CancellationToken cancellationToken);

    /// <summary>Raises an event to an instance.</summary>
    /// <exception cref="OperationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OperationEndedException">It has ended.</exception>
    Task RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken);

    /// <summary>Terminates an instance; what its activities did stays done.</summary>
    Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken);
}
