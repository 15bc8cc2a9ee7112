using System.Collections.Concurrent;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable.Tests;

/// <summary>Kills the engine before and after every single journal write of a run; a new engine on the same file has to end it with the same result.</summary>
public class CrashTests
{
    private static readonly RetryPolicy Quick = new(4, TimeSpan.FromMilliseconds(2), 2, TimeSpan.FromMilliseconds(10));

    [Fact]
    public Task Kill_AtEveryWriteOfSequence_SameResult() => KillEverywhereAsync<int, string>(
        3, "0 1 2 | 3", ["work 0", "work 1", "work 2"],
        async (context, n) =>
        {
            var ids = new HashSet<Guid>();
            var results = new List<int>();
            for (var i = 0; i < n; i++)
            {
                results.Add(await context.CallActivityAsync<int>("Work", i));
                ids.Add(context.NewGuid());
                context.SetStatus(i);
            }

            return $"{string.Join(' ', results)} | {ids.Count}";
        });

    [Fact]
    public Task Kill_AtEveryWriteOfFanOut_SameResult() => KillEverywhereAsync<int, int>(
        20, 190, [.. Enumerable.Range(0, 20).Select(i => $"work {i}")],
        async (context, n) =>
        {
            var running = Enumerable.Range(0, n).Select(i => context.CallActivityAsync<int>("Work", i)).ToList();
            var sum = 0;
            while (running.Count > 0)
            {
                var done = await Task.WhenAny(running);
                running.Remove(done);
                sum += await done;
                context.SetStatus(sum);
            }

            return sum;
        });

    [Fact]
    public Task Kill_AtEveryWriteOfSubOrchestrations_SameResult() => KillEverywhereAsync<int, int>(
        2, 21, ["work 0", "work 10", "work 11"],
        async (context, depth) =>
        {
            if (depth == 0)
            {
                return await context.CallActivityAsync<int>("Work", 0);
            }

            if (depth == 1)
            {
                return await context.CallActivityAsync<int>("Work", context.InstanceId.EndsWith("left", StringComparison.Ordinal) ? 10 : 11);
            }

            var sums = await Task.WhenAll(
                context.CallSubOrchestrationAsync<int>("Shape", 1, "left"),
                context.CallSubOrchestrationAsync<int>("Shape", 1),
                context.CallSubOrchestrationAsync<int>("Shape", 0));
            return sums.Sum();
        });

    [Fact]
    public Task Kill_AtEveryWriteAroundTimers_SameResult() => KillEverywhereAsync<int, string>(
        0, "work won, timer done", ["work 0"],
        async (context, n) =>
        {
            using var cancellation = new CancellationTokenSource();
            var deadline = context.CreateTimerAsync(context.CurrentTime + TimeSpan.FromHours(1), cancellation.Token);
            var start = context.CurrentTime;
            await context.CreateTimerAsync(start + TimeSpan.FromMilliseconds(5), CancellationToken.None);
            Assert.True(context.CurrentTime - start >= TimeSpan.FromMilliseconds(5));
            var work = context.CallActivityAsync<int>("Work", n);
            var first = await Task.WhenAny(work, deadline);
            cancellation.Cancel();
            return first == work && deadline.IsCanceled ? "work won, timer done" : "?";
        });

    [Fact]
    public Task Kill_AtEveryWriteAroundEvents_SameResult() => KillEverywhereAsync<int, string>(
        0, "first second", ["work 1", "work 2"],
        async (context, _) =>
        {
            var first = await context.WaitForExternalEventAsync<string>("One", CancellationToken.None);
            await context.CallActivityAsync<int>("Work", 1);
            var second = await context.WaitForExternalEventAsync<string>("Two", CancellationToken.None);
            await context.CallActivityAsync<int>("Work", 2);
            return $"{first} {second}";
        },
        async engine =>
        {
            // Whoever raises an event and dies does not know whether it was raised, and raises it again.
            await engine.RaiseAsync("shape", "Two", "second");
            await engine.RaiseAsync("shape", "One", "first");
        });

    [Fact]
    public Task Kill_AtEveryWriteOfContinueAsNew_SameResult() => KillEverywhereAsync<int, int>(
        0, 3, ["work 0", "work 1", "work 2", "work 3"],
        async (context, n) =>
        {
            await context.CallActivityAsync<int>("Work", n);
            if (n < 3)
            {
                context.ContinueAsNew(n + 1);
            }

            return n;
        });

    [Fact]
    public Task Kill_AtEveryWriteOfRetries_SameResult() => KillEverywhereAsync<int, string>(
        2, "gave up after flaky", ["flaky"],
        async (context, n) =>
        {
            await context.CallActivityAsync<int>("Flaky", n, Quick);
            try
            {
                await context.CallActivityAsync<int>("Broken", n, Quick);
                return "?";
            }
            catch (ServiceUnavailableException)
            {
                return "gave up after flaky";
            }
        });

    private static async Task KillEverywhereAsync<TInput, TOutput>(
        TInput input, TOutput expected, string[] expectedEffects, Func<IOrchestrationContext, TInput, Task<TOutput>> code, Func<DurableEngine, Task>? client = null)
    {
        var kills = 0;
        foreach (var phase in Enum.GetValues<JournalWritePhase>())
        {
            for (var write = 1; await RunAndKillAsync(write, phase); write++)
            {
                kills++;
            }
        }

        Assert.True(kills >= 6, $"only {kills} kills");

        async Task<bool> RunAndKillAsync(int atWrite, JournalWritePhase phase)
        {
            var effects = new ConcurrentBag<string>();
            var flaky = 0;
            await using var scratch = new Scratch().Orchestration("Shape", code);
            scratch.Activity<int, int>("Work", async (n, cancellationToken) =>
            {
                // So that the ends of a fan-out fall into several writes.
                await Task.Delay(n, cancellationToken);
                effects.Add($"work {n}");
                return n;
            });
            scratch.Activity<int, int>("Flaky", n =>
            {
                if (Interlocked.Increment(ref flaky) <= n)
                {
                    throw new ServiceUnavailableException("Busy.");
                }

                effects.Add("flaky");
                return n;
            });
            scratch.Activity<int, int>("Broken", _ => throw new ServiceUnavailableException("Busy for ever."));

            var writes = 0;
            var isKilled = false;
            var engine = await scratch.StartAsync(now =>
            {
                if (isKilled || (now == phase && Interlocked.Increment(ref writes) == atWrite))
                {
                    isKilled = true;
                    throw new SimulatedKill();
                }
            });
            OrchestrationStatus end;
            try
            {
                end = await RunAsync(engine);
            }
            catch (SimulatedKill)
            {
                await engine.DisposeAsync();
                engine = await scratch.StartAsync();
                end = await RunAsync(engine);
            }

            Assert.Equal(expected, end.Output<TOutput>());
            Assert.Equal(expectedEffects.Order(StringComparer.Ordinal), effects.Distinct().Order(StringComparer.Ordinal));
            return isKilled;
        }

        async Task<OrchestrationStatus> RunAsync(DurableEngine engine)
        {
            await engine.ScheduleAsync("Shape", input, "shape");
            if (client is not null && !(await engine.GetAsync("shape", CancellationToken.None))!.IsEnded)
            {
                try
                {
                    await client(engine);
                }
                catch (OperationEndedException)
                {
                    // It ended meanwhile, with the events of the run before.
                }
            }

            return await engine.WaitAsync("shape");
        }
    }
}
