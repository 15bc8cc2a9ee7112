using Byok.Core.Errors;

namespace Byok.Durable;

/// <summary>What one step forward of a run adds to the journal.</summary>
internal sealed class Turn(OrchestrationRun run, int firstSequence)
{
    public OrchestrationRun Run { get; } = run;

    public JournaledInstance Instance => Run.Instance;

    /// <summary>The place in the history of the first of <see cref="Events"/>.</summary>
    public int FirstSequence { get; } = firstSequence;

    public List<HistoryEvent> Events { get; } = [];

    public List<PendingStep> NewChildren { get; } = [];

    /// <summary>The published status as JSON, when the turn published one.</summary>
    public string? Status { get; private set; }

    public bool HasStatus { get; private set; }

    /// <summary>Null while the run goes on.</summary>
    public TurnOutcome? Outcome { get; set; }

    /// <summary>Events that a run which continues as new leaves to the next one.</summary>
    public IReadOnlyList<HistoryEvent> UnreadEvents { get; set; } = [];

    public bool IsEmpty => Events.Count == 0 && !HasStatus && Outcome is null;

    /// <summary>Children that could not be started; filled when the turn is committed.</summary>
    public List<(PendingStep Child, FailureDetails Refusal)> RefusedChildren { get; } = [];

    /// <summary>Instances that ended because this run did; filled when the turn is committed.</summary>
    public List<string> EndedInstances { get; } = [];

    public void Publish(string? status) => (Status, HasStatus) = (status, true);
}
