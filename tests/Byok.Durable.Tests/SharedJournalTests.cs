using System.Collections.Concurrent;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable.Tests;

/// <summary>Two engines on one journal, each with a lock and a connection of its own, as two processes have.</summary>
public class SharedJournalTests
{
    [Fact]
    public async Task Schedule_SameIdFromTwoEngines_OneWins()
    {
        var runs = new ConcurrentBag<int>();
        await using var scratch = new Scratch().Activity<int, int>("Work", n =>
        {
            runs.Add(n);
            return n;
        });
        scratch.Orchestration<int, int>("Working", (context, n) => context.CallActivityAsync<int>("Work", n));
        var engines = new[] { await scratch.StartAsync(), await scratch.StartAsync() };
        for (var i = 0; i < 50; i++)
        {
            var n = i;
            var won = await Task.WhenAll(engines.Select(engine => Task.Run(() => engine.ScheduleAsync("Working", n, $"instance-{n}"))));
            Assert.Single(won, true);
            Assert.All(await Task.WhenAll(engines.Select(engine => engine.WaitAsync($"instance-{n}"))), status => Assert.Equal(n, status.Output<int>()));
        }

        Assert.Equal(Enumerable.Range(0, 50), runs.Order());
    }

    [Fact]
    public async Task Client_SchedulesRaisesAndWaits_TheOtherEngineRuns()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Waiting", async (context, n) =>
            n + await context.WaitForExternalEventAsync<int>("Go", CancellationToken.None));
        var worker = await scratch.StartAsync();
        var client = await scratch.OpenAsync();
        await client.ScheduleAsync("Waiting", 1, "a");
        await client.UntilAsync("a", status => status.State == OrchestrationState.Running);
        await client.RaiseAsync("a", "Go", 5);

        Assert.Equal(6, (await client.WaitAsync("a")).Output<int>());
        Assert.Equal(6, (await worker.WaitAsync("a")).Output<int>());
    }

    [Fact]
    public async Task IsRunElsewhere_OnlyWhileAnotherEngineLives()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Waiting", async (context, n) =>
            n + await context.WaitForExternalEventAsync<int>("Go", CancellationToken.None));
        var client = await scratch.OpenAsync();
        await client.ScheduleAsync("Waiting", 1, "a");
        Assert.False(await client.IsRunElsewhereAsync("a", CancellationToken.None)); // nobody's
        var worker = await scratch.StartAsync();
        await client.UntilAsync("a", status => status.State == OrchestrationState.Running);

        Assert.True(await client.IsRunElsewhereAsync("a", CancellationToken.None));
        Assert.False(await worker.IsRunElsewhereAsync("a", CancellationToken.None));

        await worker.DisposeAsync();
        Assert.False(await client.IsRunElsewhereAsync("a", CancellationToken.None));
        Assert.False(await client.IsRunElsewhereAsync("unknown", CancellationToken.None));
    }

    [Fact]
    public async Task Client_Terminates_TheOtherEngineCancels()
    {
        var isRunning = new TaskCompletionSource();
        var isCancelled = new TaskCompletionSource();
        await using var scratch = new Scratch().Activity<int, int>("Endless", async (n, cancellationToken) =>
        {
            _ = cancellationToken.Register(isCancelled.SetResult); // not disposed of: the end of this activity must not be quicker than it
            isRunning.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return n;
        });
        scratch.Orchestration<int, int>("Working", (context, n) => context.CallActivityAsync<int>("Endless", n));
        await scratch.StartAsync();
        var client = await scratch.OpenAsync();
        await client.ScheduleAsync("Working", 1, "a");
        await isRunning.Task.WaitAsync(EngineExtensions.Patience);
        await client.TerminateAsync("a", "enough", CancellationToken.None);

        Assert.Equal(OrchestrationState.Terminated, (await client.WaitAsync("a")).State);
        await isCancelled.Task.WaitAsync(EngineExtensions.Patience);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunningEngine_TheOtherStopsOrDies_TakesOver(bool isKilled)
    {
        var starts = 0;
        var isRunning = new TaskCompletionSource();
        await using var scratch = new Scratch().Activity<int, int>("Work", async (n, cancellationToken) =>
        {
            if (Interlocked.Increment(ref starts) == 1)
            {
                isRunning.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return n;
        });
        scratch.Orchestration<int, int>("Child", (context, n) => context.CallActivityAsync<int>("Work", n));
        scratch.Orchestration<int, int>("Parent", (context, n) => context.CallSubOrchestrationAsync<int>("Child", n));
        var mayWrite = true;
        var first = await scratch.StartAsync(_ =>
        {
            if (!mayWrite)
            {
                throw new SimulatedKill();
            }
        });
        var second = await scratch.StartAsync();
        await first.ScheduleAsync("Parent", 3, "a");
        await isRunning.Task.WaitAsync(EngineExtensions.Patience);
        mayWrite = !isKilled;
        await first.DisposeAsync();

        Assert.Equal(3, (await second.WaitAsync("a")).Output<int>());
        Assert.Equal(2, starts);
    }

    [Fact]
    public async Task SecondEngine_TheFirstLives_LeavesItsInstancesAlone()
    {
        var starts = 0;
        await using var scratch = new Scratch().Activity<int, int>("Work", async (n, cancellationToken) =>
        {
            Interlocked.Increment(ref starts);
            await Task.Delay(500, cancellationToken);
            return n;
        });
        scratch.Orchestration<int, int>("Working", (context, n) => context.CallActivityAsync<int>("Work", n));
        var first = await scratch.StartAsync();
        await first.ScheduleAsync("Working", 3, "a");
        var second = await scratch.StartAsync();

        Assert.Equal(3, (await second.WaitAsync("a")).Output<int>());
        Assert.Equal(1, starts);
    }

    [Fact]
    public async Task Stop_Engine_LeavesNoLockFile()
    {
        await using var scratch = new Scratch();
        await (await scratch.StartAsync()).DisposeAsync();

        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(scratch.Journal)!, "*.lock"));
    }

    [Fact]
    public async Task Engine_KnowsNotTheOrchestration_LeavesItToOthers()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Quick", (_, n) => Task.FromResult(n));
        var client = await scratch.OpenAsync();
        await client.ScheduleAsync("Quick", 1, "a");
        scratch.Orchestrations.Clear();
        scratch.Orchestration<int, int>("Other", (_, n) => Task.FromResult(n));
        var ignorant = await scratch.StartAsync();
        await ignorant.RunAsync("Other", 1, "b");
        Assert.Equal(OrchestrationState.Pending, (await client.GetAsync("a", CancellationToken.None))!.State);
        scratch.Orchestration<int, int>("Quick", (_, n) => Task.FromResult(n));
        await scratch.StartAsync();

        Assert.Equal(1, (await client.WaitAsync("a")).Output<int>());
        await Assert.ThrowsAsync<ArgumentException>(() => ignorant.ScheduleAsync("Quick", 1, "c"));
        await Assert.ThrowsAsync<OperationEndedException>(() => client.RaiseAsync("a", "Go", 1));
    }
}
