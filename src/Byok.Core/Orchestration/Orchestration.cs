namespace Byok.Core.Orchestration;

/// <summary>A durable sequence of activities, written once for every engine. Instances hold no state between runs.</summary>
/// <typeparam name="TInput">Input: names, ids and wrapped keys only; it is stored.</typeparam>
/// <typeparam name="TOutput">Output: likewise.</typeparam>
public abstract class Orchestration<TInput, TOutput>
{
    /// <summary>Runs or replays the orchestration. Must be deterministic.</summary>
    public abstract Task<TOutput> RunAsync(IOrchestrationContext context, TInput input);
}
