using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Durable.Tests;

public class WaitingTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(90)]
    [InlineData(60 * 24 * 200)]
    public async Task Timer_AnyDistance_FiresAtItsMomentAndNotBefore(int minutes)
    {
        var time = new FakeTimeProvider(Start);
        await using var scratch = new Scratch { Time = time, PollInterval = TimeSpan.FromDays(1) };
        scratch.Orchestration<int, DateTimeOffset>("Timing", async (context, n) =>
        {
            context.SetStatus("waiting");
            await context.CreateTimerAsync(context.CurrentTime + TimeSpan.FromMinutes(n), CancellationToken.None);
            return context.CurrentTime;
        });
        var engine = await scratch.StartAsync();
        await engine.ScheduleAsync("Timing", minutes, "a");
        await engine.UntilAsync("a", status => status.CustomStatus is not null);
        var due = Start + TimeSpan.FromMinutes(Math.Max(0, minutes));
        var end = engine.WaitAsync("a");
        while (minutes > 0 && time.GetUtcNow() < due)
        {
            Assert.False((await engine.GetAsync("a", CancellationToken.None))!.IsEnded);
            var step = TimeSpan.FromDays(10);
            time.Advance(due - time.GetUtcNow() < step ? due - time.GetUtcNow() : step);
            await Task.Delay(10);
        }

        Assert.Equal(due, (await end).Output<DateTimeOffset>());
    }

    [Fact]
    public async Task Timer_EngineWasDownWhenItWasDue_FiresAtStart()
    {
        var time = new FakeTimeProvider(Start);
        await using var scratch = new Scratch { Time = time };
        scratch.Orchestration<int, DateTimeOffset>("Timing", async (context, n) =>
        {
            context.SetStatus("waiting");
            await context.CreateTimerAsync(context.CurrentTime + TimeSpan.FromHours(n), CancellationToken.None);
            return context.CurrentTime;
        });
        var first = await scratch.StartAsync();
        await first.ScheduleAsync("Timing", 2, "a");
        await first.UntilAsync("a", status => status.CustomStatus is not null);
        await first.DisposeAsync();
        time.Advance(TimeSpan.FromHours(3));
        var second = await scratch.StartAsync();

        Assert.Equal(Start + TimeSpan.FromHours(3), (await second.WaitAsync("a")).Output<DateTimeOffset>());
    }

    [Fact]
    public async Task Events_RaisedBeforeTheWait_ComeInOrder()
    {
        await using var scratch = new Scratch().Orchestration<int, int[]>("Collecting", async (context, n) =>
        {
            await context.WaitForExternalEventAsync<bool>("Go", CancellationToken.None);
            var values = new List<int>();
            for (var i = 0; i < n; i++)
            {
                values.Add(await context.WaitForExternalEventAsync<int>("value", CancellationToken.None));
            }

            return [.. values];
        });
        var engine = await scratch.OpenAsync();
        await engine.ScheduleAsync("Collecting", 50, "a");
        for (var i = 0; i < 25; i++)
        {
            await engine.RaiseAsync("a", "Value", i);
        }

        await engine.StartAsync();
        for (var i = 25; i < 50; i++)
        {
            await engine.RaiseAsync("a", "Value", i);
        }

        await engine.RaiseAsync("a", "Go", true);

        Assert.Equal(Enumerable.Range(0, 50), (await engine.WaitAsync("a")).Output<int[]>());
    }

    [Fact]
    public async Task Events_UnreadAtContinueAsNew_AreKeptInOrder()
    {
        await using var scratch = new Scratch().Orchestration<List<int>, List<int>>("Collecting", async (context, values) =>
        {
            values.Add(await context.WaitForExternalEventAsync<int>("Value", CancellationToken.None));
            if (values.Count < 20)
            {
                context.ContinueAsNew(values);
            }

            return values;
        });
        var engine = await scratch.StartAsync();
        await engine.ScheduleAsync("Collecting", new List<int>(), "a");
        for (var i = 0; i < 20; i++)
        {
            await engine.RaiseAsync("a", "Value", i);
        }

        Assert.Equal(Enumerable.Range(0, 20), (await engine.WaitAsync("a")).Output<List<int>>());
    }

    [Fact]
    public async Task Wait_CancelledByTheCode_LetsTheNextWaitHaveTheEvent()
    {
        await using var scratch = new Scratch().Orchestration<int, string>("Racing", async (context, _) =>
        {
            using var cancellation = new CancellationTokenSource();
            var abandoned = context.WaitForExternalEventAsync<string>("Value", cancellation.Token);
            await context.CreateTimerAsync(context.CurrentTime, CancellationToken.None);
            cancellation.Cancel();
            Assert.True(abandoned.IsCanceled);
            context.SetStatus("waiting");
            return await context.WaitForExternalEventAsync<string>("Value", CancellationToken.None);
        });
        var engine = await scratch.StartAsync();
        await engine.ScheduleAsync("Racing", 1, "a");
        await engine.UntilAsync("a", status => status.CustomStatus is not null);
        await engine.RaiseAsync("a", "Value", "yes");

        Assert.Equal("yes", (await engine.WaitAsync("a")).Output<string>());
    }

    [Fact]
    public async Task Raise_NoInstanceOrEnded_SaysWhich()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Quick", (_, n) => Task.FromResult(n));
        var engine = await scratch.StartAsync();
        await engine.RunAsync("Quick", 1, "a");

        await Assert.ThrowsAsync<OperationEndedException>(() => engine.RaiseAsync("a", "Value", 1));
        await Assert.ThrowsAsync<OperationNotFoundException>(() => engine.RaiseAsync("b", "Value", 1));
        await Assert.ThrowsAsync<OperationNotFoundException>(() => engine.TerminateAsync("b", "gone", CancellationToken.None));
        await Assert.ThrowsAsync<OperationNotFoundException>(() => engine.WaitAsync("b"));
    }

    [Fact]
    public async Task Child_Fails_ParentSeesTheType()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Child", (_, _) => throw new HsmKekRejectedException("Too small."));
        scratch.Orchestration<int, int>("Parent", (context, n) => context.CallSubOrchestrationAsync<int>("Child", n));
        var engine = await scratch.StartAsync();

        Assert.IsType<HsmKekRejectedException>((await engine.RunAsync("Parent", 1, "a")).Failure!.ToException());
    }

    [Fact]
    public async Task Child_IdOfARunningInstance_Conflicts()
    {
        await using var scratch = new Scratch().Orchestration<int, int>(
            "Waiting", (context, _) => context.WaitForExternalEventAsync<int>("Go", CancellationToken.None));
        scratch.Orchestration<int, int>("Parent", (context, n) => context.CallSubOrchestrationAsync<int>("Waiting", n, "busy"));
        var engine = await scratch.StartAsync();
        await engine.ScheduleAsync("Waiting", 1, "busy");
        var status = await engine.RunAsync("Parent", 1, "a");

        Assert.IsType<OperationInProgressException>(status.Failure!.ToException());
        Assert.False((await engine.GetAsync("busy", CancellationToken.None))!.IsEnded);
    }

    [Fact]
    public async Task Terminate_WithChildren_EndsAllAndCancelsActivities()
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
        scratch.Orchestration<int, int>("Child", (context, n) => context.CallActivityAsync<int>("Endless", n));
        scratch.Orchestration<int, int>("Middle", (context, n) => context.CallSubOrchestrationAsync<int>("Child", n, "child"));
        scratch.Orchestration<int, int>("Parent", (context, n) => context.CallSubOrchestrationAsync<int>("Middle", n, "middle"));
        var engine = await scratch.StartAsync();
        await engine.ScheduleAsync("Parent", 1, "a");
        await isRunning.Task.WaitAsync(EngineExtensions.Patience);
        await engine.TerminateAsync("a", "enough", CancellationToken.None);

        var status = await engine.WaitAsync("a");
        Assert.Equal(OrchestrationState.Terminated, status.State);
        Assert.Contains("enough", status.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(OrchestrationState.Terminated, (await engine.WaitAsync("middle")).State);
        Assert.Equal(OrchestrationState.Terminated, (await engine.WaitAsync("child")).State);
        await isCancelled.Task.WaitAsync(EngineExtensions.Patience);
    }

    [Fact]
    public async Task Terminate_Child_FailsTheParentsCall()
    {
        await using var scratch = new Scratch().Orchestration<int, int>(
            "Child", (context, _) => context.WaitForExternalEventAsync<int>("Never", CancellationToken.None));
        scratch.Orchestration<int, string>("Parent", async (context, n) =>
        {
            try
            {
                await context.CallSubOrchestrationAsync<int>("Child", n, "child");
                return "?";
            }
            catch (OperationTerminatedException)
            {
                return "went on";
            }
        });
        var engine = await scratch.StartAsync();
        await engine.ScheduleAsync("Parent", 1, "a");
        await engine.UntilAsync("child", status => status.State == OrchestrationState.Running);
        await engine.TerminateAsync("child", "enough", CancellationToken.None);

        Assert.Equal("went on", (await engine.WaitAsync("a")).Output<string>());
    }

    [Fact]
    public async Task Terminate_NobodyRunsIt_EndsAtOnce()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Quick", (_, n) => Task.FromResult(n));
        var client = await scratch.OpenAsync();
        await client.ScheduleAsync("Quick", 1, "a");
        await client.TerminateAsync("a", "enough", CancellationToken.None);

        Assert.Equal(OrchestrationState.Terminated, (await client.WaitAsync("a")).State);
    }
}
