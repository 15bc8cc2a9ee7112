using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>
/// A small durable engine for one machine: orchestrations are replayed from a journal in SQLite, activities run at least once, and a
/// process that dies at any instruction leaves work that the next one takes up. Several processes may share a journal; each instance
/// is run by one of them. An engine that was not started is a client only.
/// </summary>
public sealed class DurableEngine : IOrchestrationClient, IAsyncDisposable
{
    private readonly string _path;
    private readonly Journal _journal;
    private readonly IReadOnlyDictionary<string, OrchestrationDescriptor> _orchestrations;
    private readonly IReadOnlyDictionary<string, ActivityDescriptor> _activities;
    private readonly DurableEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _changes = new(StringComparer.Ordinal);
    private EngineLock? _lock;
    private Dispatcher? _dispatcher;
    private Task? _work;
    private ITimer? _polling;
    private volatile Exception? _fault;
    private bool _isDisposed;

    private DurableEngine(
        string path, Journal journal, IEnumerable<OrchestrationDescriptor> orchestrations, IEnumerable<ActivityDescriptor> activities,
        DurableEngineOptions options, TimeProvider time)
    {
        _path = path;
        _journal = journal;
        _orchestrations = orchestrations.ToDictionary(orchestration => orchestration.Name, StringComparer.Ordinal);
        _activities = activities.ToDictionary(activity => activity.Name, StringComparer.Ordinal);
        _options = options;
        _time = time;
    }

    /// <summary>Opens a journal, and makes it when it is not there. Nothing runs before <see cref="StartAsync"/>.</summary>
    /// <param name="path">The journal's file, on a local disk.</param>
    /// <param name="orchestrations">The orchestrations that may be scheduled; instances of others are left alone.</param>
    /// <param name="activities">The activities that they call.</param>
    /// <param name="options">How the engine works.</param>
    /// <param name="timeProvider">The clock of timers, back-off and polling.</param>
    /// <exception cref="ConfigurationException">The file is damaged, of a newer version, of another program, or cannot be written.</exception>
    public static Task<DurableEngine> OpenAsync(
        string path, IEnumerable<OrchestrationDescriptor> orchestrations, IEnumerable<ActivityDescriptor> activities,
        DurableEngineOptions options, TimeProvider timeProvider)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(orchestrations);
        ArgumentNullException.ThrowIfNull(activities);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxConcurrentActivities, nameof(options));
        var fullPath = Path.GetFullPath(path);
        return Task.Run(() => new DurableEngine(
            fullPath, new Journal(JournalDatabase.Open(fullPath, options.OnJournalWrite), timeProvider), orchestrations, activities, options, timeProvider));
    }

    /// <summary>Begins to work: takes over instances that nobody runs, and goes on taking them over while it runs.</summary>
    public Task StartAsync()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_lock is not null)
        {
            throw new InvalidOperationException("The engine has been started.");
        }

        _lock = EngineLock.Acquire(_path);
        _dispatcher = new Dispatcher(
            _journal, _lock.EngineId, IsLivingEngine, _orchestrations, _activities, _options.MaxConcurrentActivities, _time, SignalChange);
        _dispatcher.Poll();
        _polling = _time.CreateTimer(_ => _dispatcher.Poll(), null, _options.PollInterval, _options.PollInterval);
        _work = Task.Run(() => WorkAsync(_dispatcher, _lock));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no such orchestration.</exception>
    public Task<bool> ScheduleAsync(string name, object? input, string instanceId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        if (!_orchestrations.ContainsKey(name))
        {
            throw new ArgumentException($"There is no orchestration '{name}'.", nameof(name));
        }

        var json = JsonSerializer.Serialize(input, OrchestrationJson.Options);
        return Run(() =>
        {
            var dispatcher = _dispatcher;
            var isScheduled = _journal.Schedule(instanceId, name, json, dispatcher is null ? null : _lock!.EngineId);
            if (isScheduled)
            {
                dispatcher?.Adopt(instanceId);
            }

            return isScheduled;
        }, cancellationToken);
    }

    public Task<OrchestrationStatus?> GetAsync(string instanceId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        return Run(() => _journal.Find(instanceId)?.ToStatus(), cancellationToken);
    }

    public async IAsyncEnumerable<OrchestrationStatus> ListAsync(string idPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(idPrefix);
        foreach (var instance in await Run(_journal.List, cancellationToken).ConfigureAwait(false))
        {
            if (instance.Id.StartsWith(idPrefix, StringComparison.Ordinal))
            {
                yield return instance.ToStatus();
            }
        }
    }

    public Task RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var json = JsonSerializer.Serialize(payload, OrchestrationJson.Options);
        return Run(() => Send(instanceId, eventName, json), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The activities' tokens are cancelled, and sub-orchestrations are terminated with it. When another process runs the instance, that process
    /// does so a moment later. An instance that has ended is left alone.
    /// </remarks>
    /// <exception cref="OperationNotFoundException">There is no such instance.</exception>
    public Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentNullException.ThrowIfNull(reason);
        return Run(() =>
        {
            var instance = _journal.Find(instanceId) ?? throw NoSuchInstance(instanceId);
            if (instance.IsEnded)
            {
                return false;
            }

            if (_journal.TerminateUnowned(instanceId, Termination.Because(instanceId, reason), IsLivingEngine))
            {
                SignalChange(instanceId);
                return true;
            }

            _journal.Send(instanceId, eventName: null, reason);
            _dispatcher?.ReadInbox();
            return true;
        }, cancellationToken);
    }

    /// <summary>Waits until an instance has ended, whoever runs it.</summary>
    /// <param name="report">Told when its state or its published status changes, and at its end.</param>
    /// <exception cref="OperationNotFoundException">There is no such instance.</exception>
    /// <exception cref="ByokException">This engine cannot go on, because of its journal.</exception>
    public async Task<OrchestrationStatus> WaitAsync(string instanceId, Action<OrchestrationStatus>? report, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        JournaledInstance? reported = null;
        try
        {
            while (true)
            {
                // Taken before the journal is read, so that no change falls between the two.
                var change = _changes.GetOrAdd(instanceId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                var instance = await Run(() => _journal.Find(instanceId), cancellationToken).ConfigureAwait(false) ?? throw NoSuchInstance(instanceId);
                if (instance.State != reported?.State || instance.Status != reported.Status)
                {
                    reported = instance;
                    report?.Invoke(instance.ToStatus());
                }

                if (instance.IsEnded)
                {
                    return instance.ToStatus();
                }

                // What this engine runs it tells of; others have to be asked.
                var isOwn = instance.Owner is not null && instance.Owner == _lock?.EngineId;
                await change.WaitAsync(isOwn ? Timeout.InfiniteTimeSpan : _options.PollInterval, _time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            SignalChange(instanceId);
        }
    }

    /// <summary>Whether another engine works on an instance now. One whose engine died is nobody's: it goes on wherever an engine starts.</summary>
    public Task<bool> IsRunElsewhereAsync(string instanceId, CancellationToken cancellationToken) => Run(
        () => _journal.Find(instanceId) is { IsEnded: false, Owner: { } owner } && owner != _lock?.EngineId && IsLivingEngine(owner), cancellationToken);

    /// <summary>Removes what is known of instances that ended before a moment.</summary>
    /// <returns>How many were removed.</returns>
    public Task<int> PurgeAsync(DateTimeOffset olderThan, CancellationToken cancellationToken) => Run(() => _journal.Purge(olderThan), cancellationToken);

    /// <summary>Stops: activities in flight are cancelled, and their instances go on where the next engine starts.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (_polling is not null)
        {
            await _polling.DisposeAsync().ConfigureAwait(false);
        }

        if (_dispatcher is not null)
        {
            await _dispatcher.StopAsync(_options.StopTimeout).ConfigureAwait(false);
            await _work!.ConfigureAwait(false);
        }

        _journal.Dispose();
    }

    /// <summary>For tests: lets the journal grow to so many pages only, as a full disk does.</summary>
    internal void LimitJournal(int pages) => _journal.LimitSize(pages);

    private async Task WorkAsync(Dispatcher dispatcher, EngineLock ownership)
    {
        try
        {
            await dispatcher.RunAsync().ConfigureAwait(false);
            _journal.Release(ownership.EngineId);
            _fault = new ObjectDisposedException(nameof(DurableEngine));
        }
        catch (Exception exception)
        {
            // Runs in memory may be ahead of the journal now: nothing may go on here. Whoever opens the journal next goes on from what it says.
            _fault = exception;
        }

        await dispatcher.AbandonAsync(_options.StopTimeout).ConfigureAwait(false);
        ownership.Dispose();
        foreach (var instanceId in _changes.Keys)
        {
            SignalChange(instanceId);
        }
    }

    private bool IsLivingEngine(string engineId) => engineId == _lock?.EngineId || EngineLock.IsHeld(_path, engineId);

    private bool Send(string instanceId, string eventName, string payload)
    {
        if (!_journal.Send(instanceId, eventName, payload))
        {
            throw _journal.Find(instanceId) is null
                ? NoSuchInstance(instanceId)
                : new OperationEndedException($"The operation '{instanceId}' has ended; it takes no more events.");
        }

        _dispatcher?.ReadInbox();
        return true;
    }

    private void SignalChange(string instanceId)
    {
        if (_changes.TryRemove(instanceId, out var change))
        {
            change.TrySetResult();
        }
    }

    private static OperationNotFoundException NoSuchInstance(string instanceId) => new($"There is no operation '{instanceId}'.");

    private Task<T> Run<T>(Func<T> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _fault is { } fault ? Task.FromException<T>(fault) : Task.FromResult(call());
        }
        catch (Exception exception)
        {
            return Task.FromException<T>(exception);
        }
    }
}
