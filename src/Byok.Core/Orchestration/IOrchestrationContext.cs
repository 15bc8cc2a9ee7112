using Byok.Core.Errors;

namespace Byok.Core.Orchestration;

/// <summary>
/// What an orchestration may do. Code that runs on it is replayed: it takes time, ids and I/O from here only
/// (Durable Functions, "Orchestrator function code constraints").
/// A failed activity or sub-orchestration throws the failure's own <see cref="ByokException"/> type.
/// </summary>
public interface IOrchestrationContext
{
    /// <summary>The running instance's id.</summary>
    string InstanceId { get; }

    /// <summary>The time, the same at every replay.</summary>
    DateTimeOffset CurrentTime { get; }

    /// <summary>True while recorded history is replayed: for skipping log lines, never for logic.</summary>
    bool IsReplaying { get; }

    /// <summary>An id that is the same at every replay.</summary>
    Guid NewGuid();

    /// <summary>Runs an activity, at least once. Without a policy a failure is not retried.</summary>
    Task<TOutput> CallActivityAsync<TOutput>(string name, object? input, RetryPolicy? retry = null);

    /// <summary>Runs another orchestration and waits for it. Null derives the child's id from this instance.</summary>
    Task<TOutput> CallSubOrchestrationAsync<TOutput>(string name, object? input, string? instanceId = null);

    /// <summary>Waits durably until a moment.</summary>
    Task CreateTimerAsync(DateTimeOffset fireAt, CancellationToken cancellationToken);

    /// <summary>Waits durably for an event raised to this instance. Events that came before the wait are kept, in order.</summary>
    Task<T> WaitForExternalEventAsync<T>(string name, CancellationToken cancellationToken);

    /// <summary>Ends this run when the orchestration returns and starts it again with new input and an empty history; unread events are kept.</summary>
    void ContinueAsNew(object? input);

    /// <summary>Publishes progress for whoever watches; replaces what was there.</summary>
    void SetStatus(object? status);
}
