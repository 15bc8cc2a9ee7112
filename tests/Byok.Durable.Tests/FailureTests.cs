using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Durable.Tests;

public class FailureTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Activity_TransientFailures_AreRetriedWithGrowingDelays()
    {
        var time = new FakeTimeProvider(Start);
        var attempts = new List<TimeSpan>();
        await using var scratch = new Scratch { Time = time };
        scratch.Activity<int, int>("Flaky", n =>
        {
            lock (attempts)
            {
                attempts.Add(time.GetUtcNow() - Start);
            }

            return attempts.Count < 6 ? throw new ServiceUnavailableException("Busy.") : n;
        });
        scratch.Orchestration<int, int>("Retrying", (context, n) =>
            context.CallActivityAsync<int>("Flaky", n, new RetryPolicy(8, TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(5))));
        var engine = await scratch.StartAsync();
        await engine.ScheduleAsync("Retrying", 7, "a");
        var end = engine.WaitAsync("a");
        while (!end.IsCompleted)
        {
            // Half a second at a time: an attempt is made at the first half second at or after its moment, never before.
            await Task.Delay(20);
            time.Advance(TimeSpan.FromSeconds(0.5));
        }

        Assert.Equal(7, (await end).Output<int>());
        Assert.Equal(6, attempts.Count);
        TimeSpan[] shortest = [.. new[] { 1, 2, 4, 5, 5 }.Select(seconds => TimeSpan.FromSeconds(seconds))];
        Assert.All(shortest.Select((delay, i) => (delay, Actual: attempts[i + 1] - attempts[i])), pair => Assert.True(pair.Actual >= pair.delay));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    public async Task Activity_TransientForEver_FailsAfterMaxAttempts(int maxAttempts, int expectedAttempts)
    {
        var attempts = 0;
        await using var scratch = new Scratch().Activity<int, int>("Busy", _ =>
        {
            Interlocked.Increment(ref attempts);
            throw new ServiceUnavailableException("Busy.");
        });
        scratch.Orchestration<int, int>("Trying", (context, n) => context.CallActivityAsync<int>(
            "Busy", n, new RetryPolicy(maxAttempts, TimeSpan.FromMilliseconds(1), 2, TimeSpan.FromMilliseconds(5))));
        var engine = await scratch.StartAsync();
        var status = await engine.RunAsync("Trying", 1, "a");

        Assert.IsType<ServiceUnavailableException>(status.Failure!.ToException());
        Assert.Equal(expectedAttempts, attempts);
    }

    [Fact]
    public async Task Activity_PermanentOrMisuse_IsNotRetried()
    {
        var attempts = 0;
        await using var scratch = new Scratch().Activity<string, int>("Fail", type =>
        {
            Interlocked.Increment(ref attempts);
            throw type == "permanent" ? new IntegrityException("Tampered.") : new ArgumentException("Misuse.");
        });
        scratch.Orchestration<string, int>("Failing", (context, type) => context.CallActivityAsync<int>("Fail", type, RetryPolicy.Default));
        var engine = await scratch.StartAsync();

        Assert.IsType<IntegrityException>((await engine.RunAsync("Failing", "permanent", "a")).Failure!.ToException());
        Assert.IsType<UnexpectedFailureException>((await engine.RunAsync("Failing", "misuse", "b")).Failure!.ToException());
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task Orchestration_CatchesActivityFailureByType_GoesOn()
    {
        await using var scratch = new Scratch().Activity<int, int>("Fail", _ => throw new KeyUnavailableException("Disabled."));
        scratch.Orchestration<int, string>("Catching", async (context, n) =>
        {
            try
            {
                await context.CallActivityAsync<int>("Fail", n);
                return "?";
            }
            catch (KeyUnavailableException exception)
            {
                return exception.Message;
            }
        });
        var engine = await scratch.StartAsync();

        Assert.Equal("Disabled.", (await engine.RunAsync("Catching", 1, "a")).Output<string>());
    }

    [Fact]
    public async Task Orchestration_ThrowsByItself_FailsWithTheSameType()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Throwing", (_, _) => throw new TransferBlobException("Truncated."));
        var engine = await scratch.StartAsync();

        Assert.IsType<TransferBlobException>((await engine.RunAsync("Throwing", 1, "a")).Failure!.ToException());
    }

    [Fact]
    public async Task Orchestration_UnknownActivityOrChild_FailsWithConfigurationException()
    {
        await using var scratch = new Scratch().Orchestration<bool, int>("Calling", (context, isChild) =>
            isChild ? context.CallSubOrchestrationAsync<int>("Nobody", 1) : context.CallActivityAsync<int>("Nobody", 1, RetryPolicy.Default));
        var engine = await scratch.StartAsync();

        Assert.IsType<ConfigurationException>((await engine.RunAsync("Calling", false, "a")).Failure!.ToException());
        Assert.IsType<ConfigurationException>((await engine.RunAsync("Calling", true, "b")).Failure!.ToException());
    }

    [Fact]
    public async Task Orchestration_UnreadableInputOrUnwritableOutput_Fails()
    {
        await using var scratch = new Scratch().Orchestration<int, object>("Odd", (_, _) => Task.FromResult<object>(typeof(int)));
        var engine = await scratch.StartAsync();

        Assert.Equal(OrchestrationState.Failed, (await engine.RunAsync("Odd", "no number", "a")).State);
        Assert.Equal(OrchestrationState.Failed, (await engine.RunAsync("Odd", 1, "b")).State);
    }

    [Fact]
    public async Task Orchestration_ReturnsWhileActivityRuns_CancelsIt()
    {
        var isCancelled = new TaskCompletionSource();
        var isRunning = new TaskCompletionSource();
        await using var scratch = new Scratch().Activity<int, int>("Endless", async (n, cancellationToken) =>
        {
            _ = cancellationToken.Register(isCancelled.SetResult); // not disposed of: the end of this activity must not be quicker than it
            isRunning.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return n;
        });
        scratch.Activity<int, int>("Quick", async (n, _) =>
        {
            await isRunning.Task;
            return n;
        });
        scratch.Orchestration<int, int>("Leaving", async (context, n) =>
        {
            var endless = context.CallActivityAsync<int>("Endless", n);
            return await await Task.WhenAny(endless, context.CallActivityAsync<int>("Quick", n));
        });
        var engine = await scratch.StartAsync();

        Assert.Equal(4, (await engine.RunAsync("Leaving", 4, "a")).Output<int>());
        await isCancelled.Task.WaitAsync(EngineExtensions.Patience);
    }
}
