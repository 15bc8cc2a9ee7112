using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable.Tests;

public class DurableEngineTests
{
    [Fact]
    public async Task Run_Sequence_GivesOutput()
    {
        await using var scratch = new Scratch().Activity<int, int>("Add", n => n + 1);
        scratch.Orchestration<int, int>("Sequence", async (context, n) =>
        {
            for (var i = 0; i < 5; i++)
            {
                n = await context.CallActivityAsync<int>("Add", n);
            }

            return n;
        });
        var engine = await scratch.StartAsync();

        Assert.Equal(15, (await engine.RunAsync("Sequence", 10, "a")).Output<int>());
    }

    [Fact]
    public async Task Run_FanOutWithWhenAll_GivesResultsInOrder()
    {
        await using var scratch = new Scratch().Activity<int, int>("Square", n => n * n);
        scratch.Orchestration<int, int[]>("FanOut", (context, n) =>
            Task.WhenAll(Enumerable.Range(0, n).Select(i => context.CallActivityAsync<int>("Square", i))));
        var engine = await scratch.StartAsync();

        Assert.Equal(Enumerable.Range(0, 300).Select(i => i * i), (await engine.RunAsync("FanOut", 300, "a")).Output<int[]>());
    }

    [Fact]
    public async Task Run_FanOutWithWhenAny_TakesResultsAsTheyCome()
    {
        await using var scratch = new Scratch().Activity<int, int>("Same", n => n);
        scratch.Orchestration<int, int>("FanOut", async (context, n) =>
        {
            var running = Enumerable.Range(0, n).Select(i => context.CallActivityAsync<int>("Same", i)).ToList();
            var sum = 0;
            while (running.Count > 0)
            {
                var done = await Task.WhenAny(running);
                running.Remove(done);
                sum += await done;
                context.SetStatus(running.Count);
            }

            return sum;
        });
        var engine = await scratch.StartAsync();
        var status = await engine.RunAsync("FanOut", 200, "a");

        Assert.Equal(19900, status.Output<int>());
        Assert.Equal(0, status.CustomStatus!.Value.GetInt32());
    }

    [Fact]
    public async Task Start_AfterGracefulStop_ResumesWithoutRepeatingWhatIsDone()
    {
        var runs = new List<int>();
        var isBlocked = true;
        var reached = new TaskCompletionSource();
        await using var scratch = new Scratch().Activity<int, int>("Step", async (n, cancellationToken) =>
        {
            if (n == 2 && isBlocked)
            {
                reached.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            lock (runs)
            {
                runs.Add(n);
            }

            return n;
        });
        scratch.Orchestration<int, int>("Steps", async (context, n) =>
        {
            var sum = 0;
            for (var i = 0; i < n; i++)
            {
                sum += await context.CallActivityAsync<int>("Step", i);
            }

            return sum;
        });
        var first = await scratch.StartAsync();
        await first.ScheduleAsync("Steps", 4, "a");
        await reached.Task;
        await first.DisposeAsync();
        isBlocked = false;
        var second = await scratch.StartAsync();

        Assert.Equal(6, (await second.WaitAsync("a")).Output<int>());
        Assert.Equal([0, 1, 2, 3], runs);
    }

    [Fact]
    public async Task Start_InTheMiddleOfAFanOut_RunsOnlyWhatIsLeft()
    {
        const int Count = 1000;
        var runs = 0;
        var gate = new TaskCompletionSource();
        await using var scratch = new Scratch().Activity<int, int>("Work", async (n, cancellationToken) =>
        {
            if (n >= Count / 2)
            {
                await gate.Task.WaitAsync(cancellationToken);
            }

            Interlocked.Increment(ref runs);
            return n;
        });
        scratch.Orchestration<int, int>("FanOut", async (context, n) =>
        {
            var running = Enumerable.Range(0, n).Select(i => context.CallActivityAsync<int>("Work", i)).ToList();
            var sum = 0;
            while (running.Count > 0)
            {
                var done = await Task.WhenAny(running);
                running.Remove(done);
                sum += await done;
                context.SetStatus(running.Count);
            }

            return sum;
        });
        var first = await scratch.StartAsync();
        await first.ScheduleAsync("FanOut", Count, "a");
        await first.UntilAsync("a", status => status.CustomStatus?.GetInt32() == Count / 2);
        await first.DisposeAsync();
        gate.SetResult();
        var second = await scratch.StartAsync();

        Assert.Equal(Count * (Count - 1) / 2, (await second.WaitAsync("a")).Output<int>());
        Assert.Equal(Count, runs);
    }

    [Fact]
    public async Task Run_ActivityFails_FailsWithTheSameType()
    {
        await using var scratch = new Scratch().Activity<int, int>("Fail", _ => throw new HsmPinException("The PIN is wrong."));
        scratch.Orchestration<int, int>("Failing", (context, n) => context.CallActivityAsync<int>("Fail", n, RetryPolicy.Default));
        var engine = await scratch.StartAsync();
        var status = await engine.RunAsync("Failing", 1, "a");

        Assert.Equal(OrchestrationState.Failed, status.State);
        Assert.Equal("The PIN is wrong.", Assert.IsType<HsmPinException>(status.Failure!.ToException()).Message);
    }
}
