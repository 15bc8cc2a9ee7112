using Byok.Core.Orchestration;

namespace Byok.Testing.Behaviour;

/// <summary>A durable engine that runs the whole pipeline, as a test sees it.</summary>
public interface IPipelineEngine : IAsyncDisposable
{
    /// <summary>Starts and watches orchestrations.</summary>
    IOrchestrationClient Client { get; }

    /// <summary>Everything that the engine has written down: inputs, outputs, events, status, failures.</summary>
    byte[] ReadHistory();
}
