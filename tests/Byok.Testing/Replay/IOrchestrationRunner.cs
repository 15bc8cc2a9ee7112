namespace Byok.Testing.Replay;

/// <summary>Runs an orchestration to its end, whatever happens to the process meanwhile.</summary>
public interface IOrchestrationRunner
{
    Task<TOutput> RunAsync<TOutput>(string name, object input, string instanceId);
}
