namespace Byok.Pipeline.Tests.Replay;

/// <summary>Runs an orchestration to its end, whatever happens to the process meanwhile.</summary>
internal interface IOrchestrationRunner
{
    Task<TOutput> RunAsync<TOutput>(string name, object input, string instanceId);
}
