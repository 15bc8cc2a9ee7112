namespace Byok.Core.Orchestration;

/// <summary>Where an instance stands.</summary>
public enum OrchestrationState
{
    /// <summary>Scheduled, not begun.</summary>
    Pending,

    /// <summary>Begun, not ended.</summary>
    Running,

    /// <summary>Ended with an output.</summary>
    Completed,

    /// <summary>Ended with a failure.</summary>
    Failed,

    /// <summary>Ended because somebody terminated it.</summary>
    Terminated,
}
