using Byok.Core.Orchestration;

namespace Byok.Testing.Behaviour.KeyLife;

/// <summary>What runs a command of a sequence: each time a process of its own, on what the earlier ones left in the journal.</summary>
public interface IKeyLifeHost
{
    /// <summary>Starts an orchestration and waits for its end.</summary>
    /// <returns>How it ended; null when the process was killed.</returns>
    Task<OrchestrationStatus?> RunAsync(string name, object input, string instanceId, KeyStep step);

    /// <summary>The operations that the journal knows, newest first.</summary>
    Task<IReadOnlyList<OrchestrationStatus>> ListAsync();
}
