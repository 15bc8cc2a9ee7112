using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace ByokFunctions.Tests;

/// <summary>What the port promises holds on the Durable engine.</summary>
public sealed class DurableOrchestrationContextTests
{
    private static readonly RetryPolicy Quick = new(3, TimeSpan.FromMilliseconds(10), 1, TimeSpan.FromMilliseconds(10));

    [Fact]
    public async Task CallActivity_FailingTransiently_IsRetriedToTheEnd()
    {
        var calls = 0;
        await using var engine = await StartAsync(
            (context, _) => context.CallActivityAsync<string>("Act", "x", Quick),
            _ => ++calls < 3 ? throw new ServiceUnavailableException("busy") : "done");

        var status = await engine.RunAsync("Orch", "x", "one");

        Assert.Equal("done", status.Output!.Value.GetString());
        Assert.Equal(3, calls);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task CallActivity_FailingAlways_EndsWithItsOwnType(bool transient, int expectedCalls)
    {
        var calls = 0;
        await using var engine = await StartAsync(
            (context, _) => context.CallActivityAsync<string>("Act", "x", Quick),
            _ =>
            {
                calls++;
                throw transient ? new ServiceUnavailableException("busy", new IOException("cut")) : new KeyUnavailableException("revoked", new IOException("cut"));
            });

        var status = await engine.RunAsync("Orch", "x", "one");

        Assert.Equal(OrchestrationState.Failed, status.State);
        Assert.Equal(transient ? typeof(ServiceUnavailableException) : typeof(KeyUnavailableException), status.Failure!.ToException().GetType());
        Assert.Equal(transient ? "busy" : "revoked", status.Failure.Message);
        Assert.Null(status.Output);
        Assert.Equal(expectedCalls, calls);
    }

    [Fact]
    public async Task CallActivity_WithoutPolicy_IsNotRetried()
    {
        var calls = 0;
        await using var engine = await StartAsync(
            (context, _) => context.CallActivityAsync<string>("Act", "x"),
            _ =>
            {
                calls++;
                throw new ServiceUnavailableException("busy");
            });

        Assert.Equal(OrchestrationState.Failed, (await engine.RunAsync("Orch", "x", "one")).State);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task CallActivity_Failing_CanBeCaughtByType()
    {
        await using var engine = await StartAsync(
            async (context, _) =>
            {
                try
                {
                    return await context.CallActivityAsync<string>("Act", "x");
                }
                catch (SourceChangedException exception)
                {
                    return exception.Message;
                }
            },
            _ => throw new SourceChangedException("changed: twice"));

        Assert.Equal("changed: twice", (await engine.RunAsync("Orch", "x", "one")).Output!.Value.GetString());
    }

    [Fact]
    public async Task CallActivity_FailingWithAForeignType_IsUnexpectedAndRetried()
    {
        var calls = 0;
        await using var engine = await StartAsync(
            (context, _) => context.CallActivityAsync<string>("Act", "x", Quick),
            _ =>
            {
                calls++;
                throw new IOException("disk full");
            });

        var status = await engine.RunAsync("Orch", "x", "one");

        Assert.IsType<UnexpectedFailureException>(status.Failure!.ToException());
        Assert.Contains("disk full", status.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task CallSubOrchestration_Failing_ThrowsTheChildsOwnType()
    {
        await using var engine = await StartAsync(
            async (context, input) =>
            {
                if (input == "child")
                {
                    return await context.CallActivityAsync<string>("Act", "x", Quick);
                }

                try
                {
                    return await context.CallSubOrchestrationAsync<string>("Orch", "child", "child-id");
                }
                catch (ExportRefusedException exception)
                {
                    return exception.Message;
                }
            },
            _ => throw new ExportRefusedException("not allowed"));

        Assert.Equal("not allowed", (await engine.RunAsync("Orch", "parent", "one")).Output!.Value.GetString());
        Assert.IsType<ExportRefusedException>((await engine.Client.GetAsync("child-id", default))!.Failure!.ToException());
    }

    [Fact]
    public async Task NewGuidAndCurrentTime_ReplayedOften_StayTheSame()
    {
        var seen = new List<string>();
        await using var engine = await StartAsync(
            async (context, _) =>
            {
                var (first, second, time) = (context.NewGuid(), context.NewGuid(), context.CurrentTime);
                for (var i = 0; i < 3; i++)
                {
                    await context.CallActivityAsync<string>("Act", $"{first} {second} {time:O}");
                }

                return $"{first != second} {time.Offset}";
            },
            input =>
            {
                seen.Add(input);
                return input;
            });

        var status = await engine.RunAsync("Orch", "x", "one");

        Assert.Equal("True 00:00:00", status.Output!.Value.GetString());
        Assert.Equal(3, seen.Count);
        Assert.Single(seen.Distinct());
    }

    [Fact]
    public async Task WaitForExternalEvent_RaisedBeforeTheWait_IsKeptInOrder()
    {
        await using var engine = await StartAsync(
            async (context, _) =>
            {
                await context.WaitForExternalEventAsync<string>("go", default);
                return await context.WaitForExternalEventAsync<string>("E", default) + await context.WaitForExternalEventAsync<string>("E", default);
            });
        await engine.Client.ScheduleAsync("Orch", "x", "one", default);
        await engine.UntilAsync("one", status => status.State == OrchestrationState.Running);
        foreach (var (name, payload) in new[] { ("E", "1"), ("E", "2"), ("go", "") })
        {
            await engine.Client.RaiseEventAsync("one", name, payload, default);
        }

        Assert.Equal("12", (await engine.EndOfAsync("one")).Output!.Value.GetString());
    }

    [Fact]
    public async Task ContinueAsNew_WithUnreadEvents_KeepsThem()
    {
        await using var engine = await StartAsync(
            async (context, input) =>
            {
                var count = int.Parse(input, System.Globalization.CultureInfo.InvariantCulture);
                await context.WaitForExternalEventAsync<string>("E", default);
                if (count < 3)
                {
                    context.ContinueAsNew($"{count + 1}");
                }

                return input;
            });
        await engine.Client.ScheduleAsync("Orch", "1", "one", default);
        await engine.UntilAsync("one", status => status.State == OrchestrationState.Running);
        for (var i = 0; i < 3; i++)
        {
            await engine.Client.RaiseEventAsync("one", "E", "x", default);
        }

        Assert.Equal("3", (await engine.EndOfAsync("one")).Output!.Value.GetString());
    }

    [Fact]
    public async Task CreateTimer_Racing_LosesToTheEventAndIsCancelled()
    {
        await using var engine = await StartAsync(
            async (context, _) =>
            {
                using var stop = new CancellationTokenSource();
                var timer = context.CreateTimerAsync(context.CurrentTime.AddHours(1), stop.Token);
                var signal = context.WaitForExternalEventAsync<string>("E", stop.Token);
                var first = await Task.WhenAny(signal, timer);
                stop.Cancel();
                return first == signal ? await signal : "late";
            });
        await engine.Client.ScheduleAsync("Orch", "x", "one", default);
        await engine.UntilAsync("one", status => status.State == OrchestrationState.Running);
        await engine.Client.RaiseEventAsync("one", "E", "in time", default);

        Assert.Equal("in time", (await engine.EndOfAsync("one")).Output!.Value.GetString());
    }

    [Fact]
    public async Task SetStatus_OfARunningOrchestration_IsVisible()
    {
        await using var engine = await StartAsync(
            async (context, _) =>
            {
                context.SetStatus(new { Stage = "waiting" });
                return await context.WaitForExternalEventAsync<string>("E", default);
            });
        await engine.Client.ScheduleAsync("Orch", "x", "one", default);

        var status = await engine.UntilAsync("one", status => status.CustomStatus is not null);

        Assert.Equal("waiting", status.CustomStatus!.Value.GetProperty("stage").GetString());
    }

    internal static Task<DurableEngine> StartAsync(Func<IOrchestrationContext, string, Task<string>> orchestration, Func<string, string>? activity = null) =>
        DurableEngine.StartAsync(
            [new OrchestrationDescriptor("Orch", typeof(string), async (context, input) => await orchestration(context, (string)input!))],
            [new ActivityDescriptor("Act", typeof(string), (input, _) => Task.FromResult<object?>(activity!((string)input!)))]);
}
