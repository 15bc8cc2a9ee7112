using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable.Tests;

public class DeterminismTests
{
    /// <summary>Each pair: what the code did before the restart, and what it does after it. The event "Go" separates the two parts.</summary>
    public static TheoryData<string, string, string> Changes => new()
    {
        { "activity A", "activity B", "activity 'A' was scheduled" },
        { "activity A", "timer", "activity 'A' was scheduled" },
        { "activity A", "child", "activity 'A' was scheduled" },
        { "activity A", "nothing", "activity 'A' was scheduled" },
        { "nothing", "activity A", "activity 'A' was scheduled" },
        { "timer", "activity A", "a timer was created" },
        { "child", "activity A", "sub-orchestration 'Child' was scheduled" },
        { "activity A", "return", "activity 'A' was scheduled" },
        { "nothing", "return", "the code ended" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Replay_CodeChanged_FailsAndSaysWhere(string before, string after, string said)
    {
        await using var scratch = new Scratch().Activity<int, int>("A", n => n).Activity<int, int>("B", n => n);
        scratch.Orchestration<int, int>("Child", (_, n) => Task.FromResult(n));
        Use(scratch, before);
        var first = await scratch.StartAsync();
        await first.ScheduleAsync("Changing", 1, "a");
        await first.UntilAsync("a", status => status.CustomStatus is not null);
        await first.DisposeAsync();
        Use(scratch, after);
        var second = await scratch.StartAsync();
        var status = await second.WaitAsync("a");

        Assert.Equal(OrchestrationState.Failed, status.State);
        Assert.Contains(said, Assert.IsType<NonDeterministicOrchestrationException>(status.Failure!.ToException()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_CodeUnchanged_GoesOnAndSeesTheSame()
    {
        var seen = new List<(DateTimeOffset, Guid, bool)>();
        await using var scratch = new Scratch().Activity<int, int>("A", n => n);
        scratch.Orchestration<int, bool>("Looking", async (context, n) =>
        {
            await context.CallActivityAsync<int>("A", n);
            var line = (context.CurrentTime, context.NewGuid(), context.IsReplaying);
            lock (seen)
            {
                seen.Add(line);
            }

            context.SetStatus("waiting");
            await context.WaitForExternalEventAsync<int>("Go", CancellationToken.None);
            return context.IsReplaying;
        });
        var first = await scratch.StartAsync();
        await first.ScheduleAsync("Looking", 1, "a");
        await first.UntilAsync("a", status => status.CustomStatus is not null);
        await first.DisposeAsync();
        var second = await scratch.StartAsync();
        await second.RaiseAsync("a", "Go", 1);

        Assert.False((await second.WaitAsync("a")).Output<bool>());
        Assert.Equal(2, seen.Count);
        Assert.Equal((seen[0].Item1, seen[0].Item2, true), seen[1]);
        Assert.False(seen[0].Item3);
    }

    [Theory]
    [InlineData("delay")]
    [InlineData("delay beside an activity")]
    [InlineData("thread pool")]
    [InlineData("configure await")]
    [InlineData("never")]
    [InlineData("cancellation on another thread")]
    public async Task Run_AwaitsSomethingElse_FailsAndSaysSo(string what)
    {
        await using var scratch = new Scratch().Activity<int, int>("A", n => n).Activity<int, int>("Endless", async (n, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return n;
        });
        scratch.Orchestration<string, int>("Awaiting", async (context, text) =>
        {
            switch (text)
            {
                case "delay":
                    await Task.Delay(1);
                    break;
                case "delay beside an activity":
                    var endless = context.CallActivityAsync<int>("Endless", 1);
                    await Task.Delay(30);
                    await endless;
                    break;
                case "thread pool":
                    await Task.Run(() => Thread.Sleep(5));
                    break;
                case "configure await":
                    await context.CallActivityAsync<int>("A", 1).ConfigureAwait(false);
                    await context.CallActivityAsync<int>("A", 2);
                    break;
                case "never":
                    await new TaskCompletionSource().Task;
                    break;
                default:
                    using (var cancellation = new CancellationTokenSource())
                    {
                        _ = context.CreateTimerAsync(context.CurrentTime + TimeSpan.FromHours(1), cancellation.Token);
                        await cancellation.CancelAsync();
                    }

                    break;
            }

            return 1;
        });
        var engine = await scratch.StartAsync();
        var status = await engine.RunAsync("Awaiting", what, "a");

        Assert.IsType<NonDeterministicOrchestrationException>(status.Failure!.ToException());
    }

    [Fact]
    public async Task Run_Yields_IsFine()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Yielding", async (_, n) =>
        {
            await Task.Yield();
            return n;
        });
        var engine = await scratch.StartAsync();

        Assert.Equal(3, (await engine.RunAsync("Yielding", 3, "a")).Output<int>());
    }

    private static void Use(Scratch scratch, string part) => scratch.Orchestration<int, int>("Changing", async (context, n) =>
    {
        switch (part)
        {
            case "activity A":
                await context.CallActivityAsync<int>("A", n);
                break;
            case "activity B":
                await context.CallActivityAsync<int>("B", n);
                break;
            case "timer":
                await context.CreateTimerAsync(context.CurrentTime, CancellationToken.None);
                break;
            case "child":
                await context.CallSubOrchestrationAsync<int>("Child", n);
                break;
            case "return":
                return n;
        }

        context.SetStatus("waiting");
        return await context.WaitForExternalEventAsync<int>("Go", CancellationToken.None);
    });
}
