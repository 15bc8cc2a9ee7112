using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>Something that an orchestration asked for and that is not done: an activity, a timer or a sub-orchestration.</summary>
internal sealed class PendingStep(long step, HistoryKind kind, string name, Action<string?> succeed, Action<Exception> fail)
{
    public long Step { get; } = step;

    public HistoryKind Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>The input as JSON.</summary>
    public string? Input { get; init; }

    public RetryPolicy? Retry { get; init; }

    public string? ChildId { get; init; }

    public int FailedAttempts { get; set; }

    /// <summary>When the timer fires, or the activity's next attempt begins; null for at once.</summary>
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Wakes the engine at <see cref="DueAt"/>.</summary>
    public ITimer? Alarm { get; set; }

    /// <summary>Ends what waits for the orchestration's own cancellation of it.</summary>
    public CancellationTokenRegistration Cancellation { get; set; }

    public void Succeed(string? payload)
    {
        Disarm();
        succeed(payload);
    }

    public void Fail(Exception exception)
    {
        Disarm();
        fail(exception);
    }

    public void Disarm()
    {
        Cancellation.Unregister();
        Alarm?.Dispose();
        Alarm = null;
    }
}
