using System.Text.Json;
using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Testing;
using Byok.Testing.Replay;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.Crashes;

/// <summary>The embedded engine on a journal of its own, killed once at a given write; a new engine and a new catalog on the same journal go on.</summary>
internal sealed class KilledEngine(Func<TestPipeline> start, FakeTimeProvider time, int atWrite, JournalWritePhase phase) : IOrchestrationRunner, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-killed-").FullName;
    private int _writes;
    private volatile bool _isKilled;

    public bool WasKilled { get; private set; }

    public async Task<TOutput> RunAsync<TOutput>(string name, object input, string instanceId)
    {
        using var clock = new CancellationTokenSource();
        var ticking = TickAsync(clock.Token);
        try
        {
            return await RunToItsEndAsync<TOutput>(name, input, instanceId);
        }
        finally
        {
            await clock.CancelAsync();
            await ticking;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<TOutput> RunToItsEndAsync<TOutput>(string name, object input, string instanceId)
    {
        while (true)
        {
            using var catalog = start();
            var options = new DurableEngineOptions { OnJournalWrite = OnWrite, PollInterval = TimeSpan.FromSeconds(1) };
            var engine = await DurableEngine.OpenAsync(Path.Combine(_folder, "journal.db"), PipelineOrchestrations.All, catalog.Activities, options, time);
            await using (engine)
            {
                try
                {
                    await engine.StartAsync();
                    await engine.ScheduleAsync(name, input, instanceId, CancellationToken.None);
                    var status = await engine.WaitAsync(instanceId, null, CancellationToken.None);
                    return status.State == OrchestrationState.Completed
                        ? status.Output!.Value.Deserialize<TOutput>(OrchestrationJson.Options)!
                        : throw status.Failure!.ToException();
                }
                catch (KilledException)
                {
                    WasKilled = true;
                }
            }

            _isKilled = false;
        }
    }

    // Once dead, an engine writes no more; the next one lives.
    private void OnWrite(JournalWritePhase now)
    {
        if (_isKilled || (!WasKilled && now == phase && Interlocked.Increment(ref _writes) == atWrite))
        {
            _isKilled = true;
            throw new KilledException();
        }
    }

    // Retries and timers wait in hours and seconds; here a second takes a millisecond.
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
