using Byok.Testing;
using Byok.Testing.Behaviour;

namespace ByokFunctions.Tests;

/// <summary>The pipeline on the Durable Functions engine, through the app's own mapping.</summary>
public sealed class DurablePipelineTests(AzuriteFixture azurite) : PipelineBehaviour(azurite)
{
    protected override async Task<IPipelineEngine> StartEngineAsync(TestPipeline pipeline) => await DurableEngine.StartAsync(pipeline);
}
