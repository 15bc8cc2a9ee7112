using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Pipeline.Tests.Crashes;
using Byok.Testing;
using Byok.Testing.Behaviour.KeyLife;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.KeyLife;

/// <summary>The embedded engine: a new one for each command, on one journal, which kills where a step says.</summary>
internal sealed class EmbeddedKeyLifeHost(KeyLifeMachine machine, FakeTimeProvider time) : IKeyLifeHost, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-key-life-").FullName;

    public async Task<OrchestrationStatus?> RunAsync(string name, object input, string instanceId, KeyStep step)
    {
        using var clock = new CancellationTokenSource();
        var ticking = TickAsync(clock.Token);
        try
        {
            return await RunProcessAsync(name, input, instanceId, step);
        }
        finally
        {
            await clock.CancelAsync();
            await ticking;
        }
    }

    public async Task<IReadOnlyList<OrchestrationStatus>> ListAsync()
    {
        using var catalog = machine.CreateCatalog();
        await using var engine = await OpenAsync(catalog, new DurableEngineOptions());
        return await engine.ListAsync(string.Empty, CancellationToken.None).ToListAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<OrchestrationStatus?> RunProcessAsync(string name, object input, string instanceId, KeyStep step)
    {
        var (writes, isKilled) = (0, false);
        void OnWrite(JournalWritePhase now)
        {
            if (isKilled || ((now == JournalWritePhase.AfterCommit) == step.IsWritten && Interlocked.Increment(ref writes) == step.KilledAt))
            {
                isKilled = true; // once dead, an engine writes no more
                throw new KilledException();
            }
        }

        using var catalog = machine.CreateCatalog();
        await using var engine = await OpenAsync(catalog, new DurableEngineOptions { OnJournalWrite = OnWrite, PollInterval = TimeSpan.FromSeconds(1) });
        try
        {
            await engine.StartAsync();
            await engine.ScheduleAsync(name, input, instanceId, CancellationToken.None);
            return await engine.WaitAsync(instanceId, null, CancellationToken.None);
        }
        catch (KilledException)
        {
            return null;
        }
    }

    private Task<DurableEngine> OpenAsync(TestPipeline catalog, DurableEngineOptions options) =>
        DurableEngine.OpenAsync(Path.Combine(_folder, "journal.db"), PipelineOrchestrations.All, catalog.Activities, options, time);

    // Retries and timers wait in seconds and minutes; here a second takes a millisecond.
    private async Task TickAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (!stop.IsCancellationRequested)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
