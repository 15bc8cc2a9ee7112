namespace Byok.Durable;

/// <summary>What a history event says. The numbers are stored.</summary>
internal enum HistoryKind
{
    RunStarted = 0,
    ActivityScheduled = 1,
    ActivityCompleted = 2,
    ActivityFailed = 3,
    TimerCreated = 4,
    TimerFired = 5,
    ChildScheduled = 6,
    ChildCompleted = 7,
    ChildFailed = 8,
    EventRaised = 9,
}
