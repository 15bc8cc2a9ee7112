using Byok.Core.Errors;

namespace Byok.Durable;

/// <summary>Walks a recorded history beside the code that runs again, and says where the two part.</summary>
internal sealed class Replay(IReadOnlyList<HistoryEvent> history)
{
    private int _next;

    /// <summary>What the journal says next; null at its end.</summary>
    public HistoryEvent? Next => _next < history.Count ? history[_next] : null;

    /// <summary>What came in next; null at the end.</summary>
    /// <exception cref="NonDeterministicOrchestrationException">The journal has a request first that the code did not make.</exception>
    public HistoryEvent? NextIncoming()
    {
        var recorded = Next;
        _next++;
        return recorded is { IsRequest: true }
            ? throw new NonDeterministicOrchestrationException($"the journal says that {recorded} at this point, but the code asked for nothing more")
            : recorded;
    }

    /// <summary>Takes note of a request of the code.</summary>
    /// <exception cref="NonDeterministicOrchestrationException">The journal has something else at this point.</exception>
    public void Meet(HistoryEvent request)
    {
        var recorded = Next;
        if (recorded is null || recorded.Kind != request.Kind || recorded.Step != request.Step || recorded.Name != request.Name)
        {
            throw new NonDeterministicOrchestrationException(
                $"the journal says that {recorded?.ToString() ?? "nothing happened"} at this point, but the code now says that {request}");
        }

        _next++;
    }
}
