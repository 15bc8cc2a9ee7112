using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Pipeline;
using Byok.Pipeline.EncryptBlob;

namespace Byok.Bench.Stack;

/// <summary>The pipeline on the embedded engine, with a journal of its own.</summary>
internal sealed class BenchEngine : IAsyncDisposable
{
    private readonly DurableEngine _engine;

    private BenchEngine(DurableEngine engine) => _engine = engine;

    public static Task<BenchEngine> StartAsync(BenchPipeline pipeline, int? activities = null) => StartAsync(pipeline.Catalog.Activities, activities);

    public static async Task<BenchEngine> StartAsync(IReadOnlyList<ActivityDescriptor> catalog, int? activities = null)
    {
        var options = activities is { } count ? new DurableEngineOptions { MaxConcurrentActivities = count } : new DurableEngineOptions();
        var engine = await DurableEngine.OpenAsync(RunFolder.NewPath(), PipelineOrchestrations.All, catalog, options, TimeProvider.System).ConfigureAwait(false);
        await engine.StartAsync().ConfigureAwait(false);
        return new BenchEngine(engine);
    }

    /// <summary>From the trigger to committed, verified, recorded.</summary>
    public Task EncryptAsync(string name, string sourceETag) => RunAsync(EncryptBlobOrchestration.Name, new EncryptBlobInput { BlobName = name, ETag = sourceETag });

    /// <summary>Runs an orchestration to its end.</summary>
    /// <exception cref="UnexpectedFailureException">It did not complete.</exception>
    public async Task RunAsync(string orchestration, object input)
    {
        var instance = Guid.NewGuid().ToString("N");
        await _engine.ScheduleAsync(orchestration, input, instance, CancellationToken.None).ConfigureAwait(false);
        var status = await _engine.WaitAsync(instance, null, CancellationToken.None).ConfigureAwait(false);
        if (status.State != OrchestrationState.Completed)
        {
            throw new UnexpectedFailureException($"{orchestration} did not complete: {status.State} {status.Failure?.Message}");
        }
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
