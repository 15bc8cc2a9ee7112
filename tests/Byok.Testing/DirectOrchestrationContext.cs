using System.Text.Json;
using System.Threading.Channels;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Testing;

/// <summary>
/// Runs an orchestration straight through, without journal or replay: for tests of what orchestrations and activities do, not of engines.
/// Inputs, outputs and failures go through JSON and <see cref="FailureDetails"/> as on a real engine.
/// </summary>
public sealed class DirectOrchestrationContext(
    IReadOnlyList<OrchestrationDescriptor> orchestrations, IReadOnlyList<ActivityDescriptor> activities, TimeProvider time, string instanceId = "direct")
    : IOrchestrationContext
{
    private readonly Dictionary<string, Channel<JsonElement>> _events = [];
    private readonly List<JsonElement> _statuses = [];
    private object? _continuation;
    private bool _continues;
    private int _children;

    public string InstanceId => instanceId;

    public DateTimeOffset CurrentTime => time.GetUtcNow();

    public bool IsReplaying => false;

    /// <summary>Everything the orchestration published, in order.</summary>
    public List<T> StatusesOf<T>()
    {
        lock (_statuses)
        {
            return [.. _statuses.Select(status => status.Deserialize<T>(OrchestrationJson.Options)!)];
        }
    }

    /// <summary>The activities that ran, in order, each attempt.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Starts an orchestration with this context, through every continue-as-new.</summary>
    public async Task<TOutput> RunAsync<TOutput>(string name, object input)
    {
        var orchestration = orchestrations.Single(candidate => candidate.Name == name);
        object? current = input;
        while (true)
        {
            _continues = false;
            var output = await orchestration.RunAsync(this, RoundTrip(current, orchestration.InputType));
            if (!_continues)
            {
                return (TOutput)RoundTrip(output, typeof(TOutput))!;
            }

            current = _continuation;
        }
    }

    public Guid NewGuid() => Guid.NewGuid();

    public async Task<TOutput> CallActivityAsync<TOutput>(string name, object? input, RetryPolicy? retry = null)
    {
        var activity = activities.Single(candidate => candidate.Name == name);
        for (var attempt = 1; ; attempt++)
        {
            lock (Calls)
            {
                Calls.Add(name);
            }

            try
            {
                return (TOutput)RoundTrip(await activity.RunAsync(RoundTrip(input, activity.InputType), CancellationToken.None), typeof(TOutput))!;
            }
            catch (Exception exception)
            {
                var failure = FailureDetails.From(exception);
                if (!failure.IsRetryable || attempt >= (retry?.MaxAttempts ?? 1))
                {
                    throw failure.ToException();
                }
            }
        }
    }

    public Task<TOutput> CallSubOrchestrationAsync<TOutput>(string name, object? input, string? childId = null) =>
        new DirectOrchestrationContext(orchestrations, activities, time, childId ?? $"{instanceId}:{++_children}").RunAsync<TOutput>(name, input!);

    public Task CreateTimerAsync(DateTimeOffset fireAt, CancellationToken cancellationToken)
    {
        var wait = fireAt - time.GetUtcNow();
        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }

    public async Task<T> WaitForExternalEventAsync<T>(string name, CancellationToken cancellationToken) =>
        (await Events(name).Reader.ReadAsync(cancellationToken)).Deserialize<T>(OrchestrationJson.Options)!;

    /// <summary>Raises an event to the orchestration.</summary>
    public void Raise(string name, object payload) =>
        Events(name).Writer.TryWrite(JsonSerializer.SerializeToElement(payload, OrchestrationJson.Options));

    public void ContinueAsNew(object? input)
    {
        _continuation = input;
        _continues = true;
    }

    public void SetStatus(object? status)
    {
        lock (_statuses)
        {
            _statuses.Add(JsonSerializer.SerializeToElement(status, OrchestrationJson.Options));
        }
    }

    private Channel<JsonElement> Events(string name)
    {
        lock (_events)
        {
            return _events.TryGetValue(name, out var channel) ? channel : _events[name] = Channel.CreateUnbounded<JsonElement>();
        }
    }

    private static object? RoundTrip(object? value, Type type) =>
        JsonSerializer.Deserialize(JsonSerializer.Serialize(value, OrchestrationJson.Options), type, OrchestrationJson.Options);
}
