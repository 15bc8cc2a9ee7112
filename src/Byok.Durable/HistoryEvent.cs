namespace Byok.Durable;

/// <summary>One entry of a run's history: something the code asked for, or something that happened to it.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Step">The step it belongs to, counted in the order in which the code asks; of a raised event, its number in the inbox.</param>
/// <param name="Name">Activity, orchestration or event name; null otherwise.</param>
/// <param name="Payload">An output, an event's payload or a failure, as JSON.</param>
/// <param name="At">When it was recorded.</param>
internal sealed record HistoryEvent(HistoryKind Kind, long Step, string? Name, string? Payload, DateTimeOffset At)
{
    /// <summary>Whether the orchestration's code asked for it, as against something that came in.</summary>
    public bool IsRequest => Kind is HistoryKind.ActivityScheduled or HistoryKind.TimerCreated or HistoryKind.ChildScheduled;

    /// <summary>In words, for the report of a non-deterministic replay.</summary>
    public override string ToString() => Kind switch
    {
        HistoryKind.RunStarted => "the start of the run",
        HistoryKind.ActivityScheduled => $"activity '{Name}' was scheduled",
        HistoryKind.ActivityCompleted => $"the activity of step {Step} completed",
        HistoryKind.ActivityFailed => $"the activity of step {Step} failed",
        HistoryKind.TimerCreated => "a timer was created",
        HistoryKind.TimerFired => $"the timer of step {Step} fired",
        HistoryKind.ChildScheduled => $"sub-orchestration '{Name}' was scheduled",
        HistoryKind.ChildCompleted => $"the sub-orchestration of step {Step} completed",
        HistoryKind.ChildFailed => $"the sub-orchestration of step {Step} failed",
        _ => $"event '{Name}' was raised",
    };
}
