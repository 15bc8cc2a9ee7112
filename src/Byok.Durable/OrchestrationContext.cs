using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>What an orchestration's code sees. Its requests go to the run; what comes in is given to whoever awaits it.</summary>
internal sealed class OrchestrationContext(OrchestrationRun run) : IOrchestrationContext
{
    private readonly Dictionary<long, PendingStep> _pending = [];
    private readonly EventBuffer _events = new();
    private long _steps;
    private long _guids;

    public string InstanceId => run.Instance.Id;

    public DateTimeOffset CurrentTime { get; private set; }

    public bool IsReplaying => run.IsReplaying;

    /// <summary>The new run's input as JSON, when the code asked for one.</summary>
    public string? NextInput { get; private set; }

    public IReadOnlyCollection<PendingStep> Pending => _pending.Values;

    public IReadOnlyList<HistoryEvent> UnreadEvents => _events.Unread;

    /// <summary>Whether anything may still come in that the code waits for.</summary>
    public bool IsWaiting => _pending.Count > 0 || _events.HasWaiters;

    public Guid NewGuid()
    {
        run.EnsureOnScheduler();
        Span<byte> seed = stackalloc byte[16 + sizeof(long)];
        run.Instance.RunId.TryWriteBytes(seed);
        BinaryPrimitives.WriteInt64BigEndian(seed[16..], _guids++);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, hash);
        // Version 8, "custom", variant 1 (RFC 9562, 5.8).
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    public Task<TOutput> CallActivityAsync<TOutput>(string name, object? input, RetryPolicy? retry = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var json = ToJson(input);
        return Request<TOutput>(HistoryKind.ActivityScheduled, name, (step, succeed, fail) =>
            new PendingStep(step, HistoryKind.ActivityScheduled, name, succeed, fail) { Input = json, Retry = retry });
    }

    public Task<TOutput> CallSubOrchestrationAsync<TOutput>(string name, object? input, string? instanceId = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var json = ToJson(input);
        return Request<TOutput>(HistoryKind.ChildScheduled, name, (step, succeed, fail) =>
            new PendingStep(step, HistoryKind.ChildScheduled, name, succeed, fail) { Input = json, ChildId = instanceId ?? $"{InstanceId}:{step}" });
    }

    public Task CreateTimerAsync(DateTimeOffset fireAt, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        TaskCompletionSource? fired = null;
        PendingStep? timer = null;
        fired = new TaskCompletionSource();
        Add(HistoryKind.TimerCreated, null, step => timer = new PendingStep(
            step, HistoryKind.TimerCreated, string.Empty, _ => fired.TrySetResult(), exception => fired.TrySetException(exception))
        { DueAt = fireAt });
        timer!.Cancellation = OnCancelled(cancellationToken, () =>
        {
            _pending.Remove(timer.Step);
            timer.Disarm();
            fired.TrySetCanceled(cancellationToken);
        });
        return fired.Task;
    }

    public Task<T> WaitForExternalEventAsync<T>(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        run.EnsureOnScheduler();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var received = new TaskCompletionSource<T>();
        if (_events.TryTake(name, out var payload))
        {
            Complete(received, payload);
            return received.Task;
        }

        CancellationTokenRegistration cancellation = default;
        var giveUp = _events.Wait(name, json =>
        {
            cancellation.Unregister();
            Complete(received, json);
        });
        cancellation = OnCancelled(cancellationToken, () =>
        {
            giveUp();
            received.TrySetCanceled(cancellationToken);
        });
        return received.Task;
    }

    public void ContinueAsNew(object? input)
    {
        run.EnsureOnScheduler();
        NextInput = ToJson(input);
    }

    public void SetStatus(object? status)
    {
        run.EnsureOnScheduler();
        run.Publish(status is null ? null : ToJson(status));
    }

    public bool IsPending(PendingStep step) => _pending.GetValueOrDefault(step.Step) == step;

    /// <summary>Whether something that came in still concerns anybody.</summary>
    public bool Expects(HistoryEvent incoming) => incoming.Kind is HistoryKind.RunStarted or HistoryKind.EventRaised || _pending.ContainsKey(incoming.Step);

    /// <summary>Gives what came in to whoever awaits it.</summary>
    /// <returns>A step that has to be tried again; null otherwise.</returns>
    public PendingStep? Apply(HistoryEvent incoming)
    {
        CurrentTime = incoming.At > CurrentTime ? incoming.At : CurrentTime;
        if (incoming.Kind == HistoryKind.EventRaised)
        {
            _events.Add(incoming);
            return null;
        }

        if (!_pending.TryGetValue(incoming.Step, out var step))
        {
            return null;
        }

        if (incoming.Kind is not (HistoryKind.ActivityFailed or HistoryKind.ChildFailed))
        {
            _pending.Remove(incoming.Step);
            step.Succeed(incoming.Payload);
            return null;
        }

        var failure = JsonSerializer.Deserialize<FailureDetails>(incoming.Payload!, OrchestrationJson.Options)!;
        step.FailedAttempts++;
        if (step.Retry is { } retry && step.FailedAttempts < retry.MaxAttempts && failure.IsRetryable)
        {
            step.DueAt = CurrentTime + DelayBefore(retry, step.FailedAttempts);
            return step;
        }

        _pending.Remove(incoming.Step);
        step.Fail(failure.ToException());
        return null;
    }

    private static TimeSpan DelayBefore(RetryPolicy retry, int failedAttempts)
    {
        var seconds = retry.FirstDelay.TotalSeconds * Math.Pow(retry.BackoffCoefficient, failedAttempts - 1);
        return seconds < retry.MaxDelay.TotalSeconds ? TimeSpan.FromSeconds(seconds) : retry.MaxDelay;
    }

    private Task<T> Request<T>(HistoryKind kind, string name, Func<long, Action<string?>, Action<Exception>, PendingStep> create)
    {
        // Continuations run where the result is set, which is on the scheduler: nothing may be moved to the thread pool.
        var completion = new TaskCompletionSource<T>();
        Add(kind, name, step => create(step, json => Complete(completion, json), exception => completion.TrySetException(exception)));
        return completion.Task;
    }

    private void Add(HistoryKind kind, string? name, Func<long, PendingStep> create)
    {
        run.EnsureOnScheduler();
        var step = create(_steps++);
        _pending.Add(step.Step, step);
        run.Record(new HistoryEvent(kind, step.Step, name, null, CurrentTime), step);
    }

    private CancellationTokenRegistration OnCancelled(CancellationToken cancellationToken, Action cancel) =>
        cancellationToken.UnsafeRegister(
            _ =>
            {
                run.EnsureOnScheduler();
                cancel();
            },
            null);

    private static void Complete<T>(TaskCompletionSource<T> completion, string? json)
    {
        try
        {
            completion.TrySetResult(json is null ? default! : JsonSerializer.Deserialize<T>(json, OrchestrationJson.Options)!);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            completion.TrySetException(exception);
        }
    }

    private static string ToJson(object? value) => JsonSerializer.Serialize(value, OrchestrationJson.Options);
}
