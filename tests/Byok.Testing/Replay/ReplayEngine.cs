using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline;

namespace Byok.Testing.Replay;

/// <summary>
/// Runs orchestrations as a durable engine does, in memory: inputs, answers and failures go through JSON, what activities answered is kept, a run that dies is
/// replayed, and an activity whose answer was not kept runs again. A test says at which boundary the process dies.
/// </summary>
public sealed class ReplayEngine : IOrchestrationRunner
{
    private readonly ConcurrentDictionary<string, ReplayInstance> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string InstanceId, string Name), Channel<JsonElement>> _events = [];
    private readonly Dictionary<string, OrchestrationDescriptor> _orchestrations =
        PipelineOrchestrations.All.ToDictionary(descriptor => descriptor.Name, StringComparer.Ordinal);

    private readonly List<object> _statuses = [];
    private readonly Func<TestPipeline>? _start;
    private readonly Func<DateTimeOffset, CancellationToken, Task> _wait;
    private TestPipeline? _catalog;
    private IReadOnlyList<ActivityDescriptor> _activities;

    /// <summary>An engine whose process can die: the next one starts anew on what is kept. Timers end at once and move the clock.</summary>
    public ReplayEngine(Func<TestPipeline> start, TimeProvider time, Action<DateTimeOffset> moveClock)
    {
        (_start, _activities, Time) = (start, [], time);
        _wait = (fireAt, _) =>
        {
            if (fireAt > time.GetUtcNow())
            {
                moveClock(fireAt);
            }

            return Task.CompletedTask;
        };
    }

    /// <summary>An engine on activities of a test's own, in a process that lives. Timers wait for the clock.</summary>
    public ReplayEngine(IReadOnlyList<ActivityDescriptor> activities, TimeProvider time)
    {
        (_activities, Time) = (activities, time);
        _wait = (fireAt, cancellationToken) =>
            fireAt - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }

    internal TimeProvider Time { get; }

    /// <summary>Asked at each boundary of an activity or timer, by its name and count; true kills the process there.</summary>
    public Func<string, int, bool> DiesAt { get; set; } = (_, _) => false;

    /// <summary>Runs before a timer's time has come.</summary>
    public Func<DateTimeOffset, Task> OnTimer { get; set; } = _ => Task.CompletedTask;

    /// <summary>Runs after each activity, whether or not the process then dies.</summary>
    public Func<string, Task> OnActivity { get; set; } = _ => Task.CompletedTask;

    /// <summary>Sees every failure of an activity, also those that a repeat makes good.</summary>
    public Action<string, Exception> OnFailure { get; set; } = (_, _) => { };

    public int Boundaries { get; private set; }

    public int Deaths { get; private set; }

    public int LongestHistory { get; private set; }

    public List<string> Activities { get; } = [];

    /// <summary>Everything of a type that orchestrations published, in order.</summary>
    public List<T> StatusesOf<T>()
    {
        lock (_statuses)
        {
            return [.. _statuses.OfType<T>()];
        }
    }

    public void ForgetStatuses()
    {
        lock (_statuses)
        {
            _statuses.Clear();
        }
    }

    /// <summary>Raises an event to an instance, which may not have begun.</summary>
    public void Raise(string instanceId, string name, object payload) => EventsOf(instanceId, name).Writer.TryWrite(Serialize(payload));

    public async Task<TOutput> RunAsync<TOutput>(string name, object input, string instanceId = "only")
    {
        while (true)
        {
            if (_start is not null)
            {
                _activities = (_catalog ??= _start()).Activities;
            }

            try
            {
                var output = await RunInstanceAsync(name, Serialize(input), instanceId);
                return output.Deserialize<TOutput>(OrchestrationJson.Options)!;
            }
            catch (ProcessDiedException) when (_catalog is not null)
            {
                Deaths++;
                _catalog.Dispose();
                _catalog = null;
            }
        }
    }

    internal async Task<JsonElement> RunInstanceAsync(string name, JsonElement input, string instanceId)
    {
        if (!_instances.TryGetValue(instanceId, out var instance) || instance.Failure is not null)
        {
            _instances[instanceId] = instance = new ReplayInstance(name, input);
        }

        if (instance.Output is { } known)
        {
            return known;
        }

        var descriptor = _orchestrations[name];
        while (true)
        {
            var context = new ReplayContext(this, instanceId, instance);
            try
            {
                var output = await descriptor.RunAsync(context, instance.Input.Deserialize(descriptor.InputType, OrchestrationJson.Options));
                LongestHistory = Math.Max(LongestHistory, instance.History.Count);
                if (!context.IsContinued)
                {
                    instance.Output = Serialize(output);
                    return instance.Output.Value;
                }

                instance.ContinueAsNew(context.NextInput);
            }
            catch (ByokException exception)
            {
                instance.Failure = exception;
                throw;
            }
        }
    }

    internal async Task<JsonElement> RunActivityAsync(string name, object? input, RetryPolicy? retry)
    {
        var activity = _activities.Single(descriptor => descriptor.Name == name);
        var stored = Serialize(input);
        for (var attempt = 1; ; attempt++)
        {
            Pass($"before {name}");
            try
            {
                lock (Activities)
                {
                    Activities.Add(name);
                }

                var output = await activity.RunAsync(stored.Deserialize(activity.InputType, OrchestrationJson.Options), CancellationToken.None);
                await OnActivity(name);
                Pass($"after {name}");
                return Serialize(output);
            }
            catch (Exception exception) when (exception is not ProcessDiedException)
            {
                OnFailure(name, exception);
                var failure = FailureDetails.From(exception);
                if (retry is null || attempt >= retry.MaxAttempts || !failure.IsRetryable)
                {
                    if (exception is ByokException)
                    {
                        throw failure.ToException();
                    }

                    throw;
                }
            }
        }
    }

    internal async Task RunTimerAsync(DateTimeOffset fireAt, CancellationToken cancellationToken)
    {
        Pass("before timer");
        await OnTimer(fireAt);
        await _wait(fireAt, cancellationToken);
        Pass("after timer");
    }

    internal ValueTask<JsonElement> ReadEventAsync(string instanceId, string name, CancellationToken cancellationToken) =>
        EventsOf(instanceId, name).Reader.ReadAsync(cancellationToken);

    internal void AddStatus(object? status)
    {
        if (status is not null && Serialize(status).Deserialize(status.GetType(), OrchestrationJson.Options) is { } published)
        {
            lock (_statuses)
            {
                _statuses.Add(published);
            }
        }
    }

    internal static JsonElement Serialize(object? value) => JsonSerializer.SerializeToElement(value, OrchestrationJson.Options);

    private Channel<JsonElement> EventsOf(string instanceId, string name) =>
        _events.GetOrAdd((instanceId, name), _ => Channel.CreateUnbounded<JsonElement>());

    private void Pass(string boundary)
    {
        lock (Activities)
        {
            if (DiesAt(boundary, ++Boundaries))
            {
                throw new ProcessDiedException();
            }
        }
    }
}
