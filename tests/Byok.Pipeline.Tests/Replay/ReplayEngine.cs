using System.Collections.Concurrent;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.Replay;

/// <summary>
/// Runs orchestrations as a durable engine does, in memory: what activities answered is kept, a run that dies is replayed, and an activity
/// whose answer was not kept runs again. Timers end at once and move the clock. A test says at which boundary the process dies.
/// </summary>
internal sealed class ReplayEngine(Func<TestPipeline> start, FakeTimeProvider time) : IOrchestrationRunner
{
    private readonly ConcurrentDictionary<string, ReplayInstance> _instances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OrchestrationDescriptor> _orchestrations =
        PipelineOrchestrations.All.ToDictionary(descriptor => descriptor.Name, StringComparer.Ordinal);

    private TestPipeline? _catalog;

    public FakeTimeProvider Time => time;

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

    public List<object?> Statuses { get; } = [];

    public async Task<TOutput> RunAsync<TOutput>(string name, object input, string instanceId)
    {
        while (true)
        {
            _catalog ??= start();
            try
            {
                var output = await RunInstanceAsync(name, Serialize(input), instanceId);
                return output.Deserialize<TOutput>(OrchestrationJson.Options)!;
            }
            catch (ProcessDiedException)
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

                instance.Input = context.NextInput;
                instance.History.Clear();
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
        var activity = _catalog!.Activities.Single(descriptor => descriptor.Name == name);
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

    internal async Task RunTimerAsync(DateTimeOffset fireAt)
    {
        Pass("before timer");
        await OnTimer(fireAt);
        if (fireAt > time.GetUtcNow())
        {
            time.SetUtcNow(fireAt);
        }

        Pass("after timer");
    }

    internal static JsonElement Serialize(object? value) => JsonSerializer.SerializeToElement(value, OrchestrationJson.Options);

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
