using System.Text.Json;
using System.Threading.Channels;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>
/// The one thread of work of an engine: it takes what happened, gives it to the runs that it concerns, commits what they ask for
/// in one transaction, and only then starts it. So whatever was started is in the journal, and an engine that dies forgets nothing.
/// </summary>
internal sealed class Dispatcher
{
    /// <summary>Work that shares a transaction at most: bounds how long others wait for the journal.</summary>
    private const int MaxBatch = 256;

    /// <summary>Timers take no more than about 49 days at once; longer waits are several.</summary>
    private static readonly TimeSpan MaxAlarm = TimeSpan.FromDays(1);

    private readonly Channel<Action> _work = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<string, OrchestrationRun> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<OrchestrationRun, List<HistoryEvent>> _incoming = [];
    private readonly List<Turn> _turns = [];
    private readonly Dictionary<string, Termination> _terminations = new(StringComparer.Ordinal);
    private readonly Journal _journal;
    private readonly string _engineId;
    private readonly Func<string, bool> _isLivingEngine;
    private readonly IReadOnlyDictionary<string, OrchestrationDescriptor> _orchestrations;
    private readonly string _names;
    private readonly TimeProvider _time;
    private readonly Action<string> _onChanged;
    private readonly ActivityPool _pool;
    private bool _isInboxDue;
    private int _pollsQueued;

    public Dispatcher(
        Journal journal, string engineId, Func<string, bool> isLivingEngine, IReadOnlyDictionary<string, OrchestrationDescriptor> orchestrations,
        IReadOnlyDictionary<string, ActivityDescriptor> activities, int maxConcurrentActivities, TimeProvider time, Action<string> onChanged)
    {
        _journal = journal;
        _engineId = engineId;
        _isLivingEngine = isLivingEngine;
        _orchestrations = orchestrations;
        _names = JsonSerializer.Serialize(orchestrations.Keys);
        _time = time;
        _onChanged = onChanged;
        _pool = new ActivityPool(activities, maxConcurrentActivities, (run, step, kind, payload) => Post(() => Deliver(run, kind, step, payload)));
    }

    /// <summary>Works until <see cref="StopAsync"/>, or until the journal fails, which it throws.</summary>
    public async Task RunAsync()
    {
        while (await _work.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            for (var taken = 0; taken < MaxBatch && _work.Reader.TryRead(out var action); taken++)
            {
                action();
            }

            Step();
        }
    }

    /// <summary>Looks for what other processes did.</summary>
    public void Poll()
    {
        if (Interlocked.Exchange(ref _pollsQueued, 1) == 0)
        {
            Post(() =>
            {
                Interlocked.Exchange(ref _pollsQueued, 0);
                _isInboxDue = true;
                foreach (var id in _journal.Claim(_engineId, _names, _isLivingEngine))
                {
                    Begin(id);
                }
            });
        }
    }

    /// <summary>Begins an instance that this engine owns.</summary>
    public void Adopt(string instanceId) => Post(() => Begin(instanceId));

    /// <summary>Looks at what clients left for this engine's instances.</summary>
    public void ReadInbox() => Post(() => _isInboxDue = true);

    /// <summary>Cancels the activities, waits for them, and ends after the turns that are due.</summary>
    public async Task StopAsync(TimeSpan timeout)
    {
        Post(CancelActivities);
        await _pool.StopAsync().WaitAsync(timeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _work.Writer.TryComplete();
    }

    /// <summary>Takes everything out of work. Only after <see cref="RunAsync"/> has ended.</summary>
    public async Task AbandonAsync(TimeSpan timeout)
    {
        _work.Writer.TryComplete();
        foreach (var run in _runs.Values)
        {
            run.Stop();
        }

        await _pool.StopAsync().WaitAsync(timeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Post(Action action) => _work.Writer.TryWrite(action);

    private void CancelActivities()
    {
        foreach (var run in _runs.Values)
        {
            run.CancelActivities();
        }
    }

    private void Begin(string instanceId)
    {
        if (_runs.ContainsKey(instanceId) || _journal.Find(instanceId) is not { IsEnded: false } instance || instance.Owner != _engineId)
        {
            return;
        }

        var run = new OrchestrationRun(instance, _orchestrations[instance.Name], foreign => Post(() => EndForeign(foreign)));
        var history = _journal.LoadHistory(instanceId);
        _turns.Add(run.Begin(history, _time.GetUtcNow()));
        _runs.Add(instanceId, run);
        _isInboxDue = true;
        if (history.Count > 0)
        {
            CollectEndedChildren(run);
        }
    }

    /// <summary>A child may have ended, or been refused, when nobody was there to take note.</summary>
    private void CollectEndedChildren(OrchestrationRun run)
    {
        foreach (var step in run.PendingChildren.ToList())
        {
            var child = _journal.Find(step.ChildId!);
            if (child is null || child.ParentId != run.Instance.Id || child.ParentStep != step.Step)
            {
                var refusal = new OperationInProgressException($"The sub-orchestration '{step.ChildId}' could not be started: its name is not known, or its id was taken.");
                Deliver(run, HistoryKind.ChildFailed, step, JsonSerializer.Serialize(FailureDetails.From(refusal), OrchestrationJson.Options));
            }
            else if (child.IsEnded)
            {
                DeliverEnd(run, step, child.State, child.Output ?? child.Failure);
            }
        }
    }

    private void EndForeign(OrchestrationRun run)
    {
        if (!run.IsOver)
        {
            _turns.Add(run.FailForForeignContinuation());
        }
    }

    private void DeliverEnd(OrchestrationRun parent, PendingStep step, OrchestrationState state, string? payload) =>
        Deliver(parent, state == OrchestrationState.Completed ? HistoryKind.ChildCompleted : HistoryKind.ChildFailed, step, payload);

    private void Deliver(OrchestrationRun run, HistoryKind kind, PendingStep step, string? payload)
    {
        if (run.IsPending(step))
        {
            Deliver(run, new HistoryEvent(kind, step.Step, null, payload, _time.GetUtcNow()));
        }
    }

    private void Deliver(OrchestrationRun run, HistoryEvent incoming)
    {
        if (!_incoming.TryGetValue(run, out var events))
        {
            _incoming.Add(run, events = []);
        }

        events.Add(incoming);
    }

    private void Step()
    {
        if (_isInboxDue)
        {
            _isInboxDue = false;
            TakeInbox();
        }

        foreach (var (run, events) in _incoming)
        {
            if (!run.IsOver)
            {
                _turns.Add(run.Advance(events));
            }
        }

        if (_terminations.Count > 0 || _turns.Any(turn => !turn.IsEmpty))
        {
            _journal.Commit([.. _turns.Where(turn => !turn.IsEmpty)], [.. _terminations.Values], _orchestrations.ContainsKey);
        }

        foreach (var turn in _turns)
        {
            Follow(turn);
        }

        foreach (var termination in _terminations.Values)
        {
            Follow(termination);
        }

        _incoming.Clear();
        _turns.Clear();
        _terminations.Clear();
    }

    private void TakeInbox()
    {
        foreach (var item in _journal.ReadInbox(_engineId))
        {
            if (!_runs.TryGetValue(item.InstanceId, out var run))
            {
                continue;
            }

            if (item.EventName is null)
            {
                _terminations.TryAdd(item.InstanceId, new Termination(run.Instance, Termination.Because(item.InstanceId, item.Payload)));
            }
            else
            {
                Deliver(run, new HistoryEvent(HistoryKind.EventRaised, item.Number, item.EventName, item.Payload, _time.GetUtcNow()));
            }
        }
    }

    private void Follow(Turn turn)
    {
        var run = turn.Run;
        if (turn.Outcome is { } outcome)
        {
            Remove(run.Instance.Id);
            turn.EndedInstances.ForEach(Remove);
            if (outcome.State == OrchestrationState.Running)
            {
                Adopt(run.Instance.Id);
            }
            else
            {
                TellParent(run.Instance, outcome.State, outcome.Payload);
            }
        }
        else
        {
            foreach (var (child, refusal) in turn.RefusedChildren)
            {
                var payload = JsonSerializer.Serialize(refusal, OrchestrationJson.Options);
                Post(() => Deliver(run, HistoryKind.ChildFailed, child, payload));
            }

            foreach (var step in run.TakeStepsToStart())
            {
                Start(run, step);
            }
        }

        _onChanged(run.Instance.Id);
    }

    private void Follow(Termination termination)
    {
        termination.EndedInstances.ForEach(Remove);
        if (termination.EndedInstances.Contains(termination.InstanceId))
        {
            TellParent(
                termination.Instance, OrchestrationState.Terminated, JsonSerializer.Serialize(termination.Failure, OrchestrationJson.Options));
        }
    }

    private void Remove(string instanceId)
    {
        if (_runs.Remove(instanceId, out var run))
        {
            run.Stop();
        }

        _onChanged(instanceId);
    }

    private void TellParent(JournaledInstance child, OrchestrationState state, string payload)
    {
        // A parent that is not loaded finds out by itself when it is.
        if (child.ParentId is { } parentId && _runs.TryGetValue(parentId, out var parent)
            && parent.PendingChildren.FirstOrDefault(step => step.Step == child.ParentStep) is { } step)
        {
            Post(() => DeliverEnd(parent, step, state, payload));
        }
    }

    private void Start(OrchestrationRun run, PendingStep step)
    {
        if (step.Kind == HistoryKind.ChildScheduled)
        {
            Adopt(step.ChildId!);
        }
        else if (step.DueAt is { } dueAt && dueAt > _time.GetUtcNow())
        {
            // Rounded up: an alarm that is a fraction of a millisecond early would only be set again.
            var delay = TimeSpan.FromMilliseconds(Math.Ceiling((dueAt - _time.GetUtcNow()).TotalMilliseconds));
            step.Alarm?.Dispose();
            step.Alarm = _time.CreateTimer(
                _ => Post(() => StartIfPending(run, step)), null, delay < MaxAlarm ? delay : MaxAlarm, Timeout.InfiniteTimeSpan);
        }
        else if (step.Kind == HistoryKind.TimerCreated)
        {
            Post(() => Deliver(run, HistoryKind.TimerFired, step, null));
        }
        else
        {
            _pool.Enqueue(run, step);
        }
    }

    private void StartIfPending(OrchestrationRun run, PendingStep step)
    {
        if (run.IsPending(step))
        {
            Start(run, step);
        }
    }
}
