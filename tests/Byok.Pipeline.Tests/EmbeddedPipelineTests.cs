using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Testing;
using Byok.Testing.Behaviour;

namespace Byok.Pipeline.Tests;

/// <summary>The pipeline on the embedded engine, its journal on disk.</summary>
public sealed class EmbeddedPipelineTests(AzuriteFixture azurite) : PipelineBehaviour(azurite)
{
    protected override async Task<IPipelineEngine> StartEngineAsync(TestPipeline pipeline)
    {
        var folder = Directory.CreateTempSubdirectory("byok-journal-").FullName;
        var engine = await DurableEngine.OpenAsync(
            Path.Combine(folder, "journal.db"), PipelineOrchestrations.All, pipeline.Activities, new DurableEngineOptions(), TimeProvider.System);
        await engine.StartAsync();
        return new EmbeddedEngine(engine, folder);
    }

    private sealed class EmbeddedEngine(DurableEngine engine, string folder) : IPipelineEngine
    {
        public IOrchestrationClient Client => engine;

        public byte[] ReadHistory()
        {
            using var all = new MemoryStream();
            foreach (var file in Directory.GetFiles(folder).Where(file => new FileInfo(file).Length > 0))
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                stream.CopyTo(all);
            }

            return all.ToArray();
        }

        public async ValueTask DisposeAsync()
        {
            await engine.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
