using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Testing.Replay;

/// <summary>One run of an instance: answers from history while there are any, then the real ones.</summary>
internal sealed class ReplayContext(ReplayEngine engine, string instanceId, ReplayInstance instance) : IOrchestrationContext
{
    private int _sequence;
    private int _guids;

    public string InstanceId => instanceId;

    public DateTimeOffset CurrentTime { get; private set; } = instance.History.Count == 0 ? engine.Time.GetUtcNow() : instance.History.Values.Min(recorded => recorded.On);

    public bool IsReplaying => instance.History.ContainsKey(_sequence + 1);

    public bool IsContinued { get; private set; }

    public JsonElement NextInput { get; private set; }

    public Guid NewGuid() => new(MD5.HashData(Encoding.UTF8.GetBytes($"{instance.RunId}/{_guids++}")));

    public async Task<TOutput> CallActivityAsync<TOutput>(string name, object? input, RetryPolicy? retry = null) =>
        (await RecordedAsync(_ => engine.RunActivityAsync(name, input, retry))).Deserialize<TOutput>(OrchestrationJson.Options)!;

    public async Task<TOutput> CallSubOrchestrationAsync<TOutput>(string name, object? input, string? childId = null) =>
        (await RecordedAsync(sequence => engine.RunInstanceAsync(name, ReplayEngine.Serialize(input), childId ?? $"{instanceId}:{sequence:0000}")))
            .Deserialize<TOutput>(OrchestrationJson.Options)!;

    public Task CreateTimerAsync(DateTimeOffset fireAt, CancellationToken cancellationToken) => RecordedAsync(async _ =>
    {
        await engine.RunTimerAsync(fireAt, cancellationToken);
        return ReplayEngine.Serialize(null);
    });

    public async Task<T> WaitForExternalEventAsync<T>(string name, CancellationToken cancellationToken) =>
        (await RecordedAsync(async _ => await engine.ReadEventAsync(instanceId, name, cancellationToken))).Deserialize<T>(OrchestrationJson.Options)!;

    public void ContinueAsNew(object? input)
    {
        IsContinued = true;
        NextInput = ReplayEngine.Serialize(input);
    }

    public void SetStatus(object? status) => engine.AddStatus(status);

    private async Task<JsonElement> RecordedAsync(Func<int, Task<JsonElement>> run)
    {
        var sequence = ++_sequence;
        if (!instance.History.TryGetValue(sequence, out var recorded))
        {
            try
            {
                recorded = new ReplayEvent(await run(sequence), null, engine.Time.GetUtcNow());
            }
            catch (ByokException exception)
            {
                recorded = new ReplayEvent(null, FailureDetails.From(exception), engine.Time.GetUtcNow());
            }

            instance.History[sequence] = recorded;
        }

        CurrentTime = recorded.On;
        return recorded.Failure is null ? recorded.Output!.Value : throw recorded.Failure.ToException();
    }
}
