using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>One run of an instance in memory. It is replayed from its history once, when it is loaded, and then goes on from event to event.</summary>
internal sealed class OrchestrationRun
{
    private readonly OrchestrationDescriptor _orchestration;
    private readonly OrchestrationScheduler _scheduler;
    private readonly OrchestrationContext _context;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly HashSet<PendingStep> _toStart = [];
    private Task<object?>? _code;
    private Replay? _replay;
    private Turn? _turn;
    private int _sequence;
    private FailureDetails? _violation;
    private bool _isStopped;

    /// <param name="orchestration">Its code.</param>
    /// <param name="onForeignContinuation">Told, on any thread, when the code went on outside the scheduler.</param>
    public OrchestrationRun(JournaledInstance instance, OrchestrationDescriptor orchestration, Action<OrchestrationRun> onForeignContinuation)
    {
        Instance = instance;
        _orchestration = orchestration;
        _scheduler = new OrchestrationScheduler(() => onForeignContinuation(this));
        _context = new OrchestrationContext(this);
    }

    public JournaledInstance Instance { get; }

    public bool IsReplaying => _replay is not null;

    /// <summary>Whether it needs no more turns.</summary>
    public bool IsOver => _isStopped || _violation is not null || _code is { IsCompleted: true };

    /// <summary>Cancelled when the run ends or the engine stops.</summary>
    public CancellationToken CancellationToken => _cancellation.Token;

    public IEnumerable<PendingStep> PendingChildren => _context.Pending.Where(step => step.Kind == HistoryKind.ChildScheduled);

    public bool IsPending(PendingStep step) => !IsOver && _context.IsPending(step);

    /// <summary>Begins a run, or brings one to where its history ends.</summary>
    public Turn Begin(IReadOnlyList<HistoryEvent> history, DateTimeOffset now)
    {
        if (history.Count == 0)
        {
            return Advance([new HistoryEvent(HistoryKind.RunStarted, 0, null, null, now)]);
        }

        _sequence = history.Count;
        _turn = new Turn(this, _sequence);
        _replay = new Replay(history);
        try
        {
            while (!IsOver && _replay.NextIncoming() is { } incoming)
            {
                if (!_context.Expects(incoming))
                {
                    throw new NonDeterministicOrchestrationException($"the journal says that {incoming} at this point, but the code does not wait for that");
                }

                Apply(incoming);
            }

            if (IsOver && _violation is null)
            {
                throw new NonDeterministicOrchestrationException($"the journal says that {_replay.Next?.ToString() ?? "it goes on"} at this point, but the code ended");
            }
        }
        catch (NonDeterministicOrchestrationException exception)
        {
            Violate(exception.Message);
        }

        _replay = null;
        return Conclude();
    }

    /// <summary>Goes on with what came in.</summary>
    public Turn Advance(IReadOnlyList<HistoryEvent> incoming)
    {
        _turn = new Turn(this, _sequence);
        foreach (var item in incoming.Where(_ => !IsOver))
        {
            if (_context.Expects(item))
            {
                _turn.Events.Add(item);
                Apply(item);
            }
        }

        return Conclude();
    }

    /// <summary>Ends it because its code left the scheduler.</summary>
    public Turn FailForForeignContinuation()
    {
        _turn = new Turn(this, _sequence);
        Violate("the code awaited something that is no durable task (a delay, I/O, another thread); it may await only what its context gives");
        return Conclude();
    }

    /// <summary>Gives what has to be started or waited for now that the turn is committed.</summary>
    public List<PendingStep> TakeStepsToStart()
    {
        List<PendingStep> steps = [.. _toStart.Where(IsPending)];
        _toStart.Clear();
        return steps;
    }

    /// <summary>Cancels the activities in flight.</summary>
    public void CancelActivities()
    {
        // Not on this thread: what activities do when they are cancelled is theirs.
        _ = _cancellation.CancelAsync();
    }

    /// <summary>Takes it out of work: no more turns, activities or timers.</summary>
    public void Stop()
    {
        _isStopped = true;
        CancelActivities();
        foreach (var step in _context.Pending)
        {
            step.Disarm();
        }
    }

    /// <exception cref="NonDeterministicOrchestrationException">The caller is not the orchestration's code on its own thread.</exception>
    public void EnsureOnScheduler()
    {
        if (!_scheduler.IsCurrent)
        {
            _scheduler.Post(static _ => { }, null);
            throw new NonDeterministicOrchestrationException(Describe("the code went on outside its scheduler"));
        }
    }

    /// <summary>Takes note of a request of the code.</summary>
    public void Record(HistoryEvent request, PendingStep step)
    {
        try
        {
            _replay?.Meet(request);
        }
        catch (NonDeterministicOrchestrationException exception)
        {
            Violate(exception.Message);
            throw;
        }

        _toStart.Add(step);
        if (_replay is null)
        {
            _turn!.Events.Add(request);
            if (step.Kind == HistoryKind.ChildScheduled)
            {
                _turn.NewChildren.Add(step);
            }
        }
    }

    public void Publish(string? status)
    {
        if (_replay is null)
        {
            _turn!.Publish(status);
        }
    }

    private void Apply(HistoryEvent incoming)
    {
        try
        {
            _scheduler.Run(() =>
            {
                if (_context.Apply(incoming) is { } again)
                {
                    _toStart.Add(again);
                }

                if (incoming.Kind == HistoryKind.RunStarted)
                {
                    _code = RunCodeAsync();
                }
            });
        }
        catch (Exception exception)
        {
            // Thrown outside any task of the orchestration, by an async void method of its.
            _violation ??= FailureDetails.From(exception);
        }
    }

    private async Task<object?> RunCodeAsync()
    {
        var input = JsonSerializer.Deserialize(Instance.Input, _orchestration.InputType, OrchestrationJson.Options);
        return await _orchestration.RunAsync(_context, input);
    }

    private Turn Conclude()
    {
        var turn = _turn!;
        _sequence += turn.Events.Count;
        if (!IsOver && !_context.IsWaiting)
        {
            Violate("the code awaits something that is no durable task (a delay, I/O, another thread); it may await only what its context gives");
        }

        if (_violation is not null)
        {
            turn.Outcome = TurnOutcome.Failed(_violation);
        }
        else if (_code is { IsCompleted: true } code)
        {
            turn.Outcome = Outcome(code);
            turn.UnreadEvents = _context.UnreadEvents;
        }

        return turn;
    }

    private TurnOutcome Outcome(Task<object?> code)
    {
        try
        {
            var output = code.GetAwaiter().GetResult();
            return _context.NextInput is { } input
                ? new TurnOutcome(OrchestrationState.Running, input)
                : new TurnOutcome(OrchestrationState.Completed, JsonSerializer.Serialize(output, OrchestrationJson.Options));
        }
        catch (Exception exception)
        {
            return TurnOutcome.Failed(FailureDetails.From(exception));
        }
    }

    private void Violate(string what) => _violation ??= FailureDetails.From(new NonDeterministicOrchestrationException(Describe(what)));

    private string Describe(string what) => $"Orchestration '{Instance.Name}' of instance '{Instance.Id}' is not deterministic: {what}.";
}
