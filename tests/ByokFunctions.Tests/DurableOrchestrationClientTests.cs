using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace ByokFunctions.Tests;

public sealed class DurableOrchestrationClientTests
{
    [Fact]
    public async Task Schedule_OfAnIdThatRunsOrEnded_DoesNothing()
    {
        await using var engine = await DurableOrchestrationContextTests.StartAsync((context, _) => context.WaitForExternalEventAsync<string>("E", default));
        Assert.True(await engine.Client.ScheduleAsync("Orch", "x", "one", default));

        Assert.False(await engine.Client.ScheduleAsync("Orch", "x", "one", default));
        await engine.UntilAsync("one", status => status.State == OrchestrationState.Running);
        await engine.Client.RaiseEventAsync("one", "E", "x", default);
        await engine.EndOfAsync("one");

        Assert.False(await engine.Client.ScheduleAsync("Orch", "x", "one", default));
    }

    [Fact]
    public async Task Schedule_OfAFailedId_RunsItAgain()
    {
        var fails = true;
        await using var engine = await DurableOrchestrationContextTests.StartAsync(
            (context, _) => context.CallActivityAsync<string>("Act", "x"),
            _ => fails ? throw new ConflictException("no") : "yes");
        Assert.Equal(OrchestrationState.Failed, (await engine.RunAsync("Orch", "x", "one")).State);
        fails = false;

        Assert.True(await engine.Client.ScheduleAsync("Orch", "x", "one", default));

        var status = await engine.UntilAsync("one", status => status.State == OrchestrationState.Completed);
        Assert.Equal("yes", status.Output!.Value.GetString());
    }

    [Fact]
    public async Task Get_OfAnUnknownId_IsNull()
    {
        await using var engine = await DurableOrchestrationContextTests.StartAsync((_, input) => Task.FromResult(input));
        Assert.Null(await engine.Client.GetAsync("nobody", default));
    }

    [Fact]
    public async Task RaiseEvent_ToNobodyOrToOneThatEnded_SaysWhich()
    {
        await using var engine = await DurableOrchestrationContextTests.StartAsync((_, input) => Task.FromResult(input));
        await engine.RunAsync("Orch", "x", "one");

        await Assert.ThrowsAsync<OperationNotFoundException>(() => engine.Client.RaiseEventAsync("nobody", "E", "x", default));
        await Assert.ThrowsAsync<OperationEndedException>(() => engine.Client.RaiseEventAsync("one", "E", "x", default));
    }

    [Fact]
    public async Task Terminate_OfARunningOrchestration_EndsItWithTheReason()
    {
        await using var engine = await DurableOrchestrationContextTests.StartAsync((context, _) => context.WaitForExternalEventAsync<string>("E", default));
        await engine.Client.ScheduleAsync("Orch", "x", "one", default);
        await engine.UntilAsync("one", status => status.State == OrchestrationState.Running);

        await engine.Client.TerminateAsync("one", "enough", default);

        var status = await engine.EndOfAsync("one");
        Assert.Equal(OrchestrationState.Terminated, status.State);
        Assert.Equal("enough", status.Failure!.Message);
    }

    [Fact]
    public async Task List_OfSeveral_GivesTheNewestFirst()
    {
        await using var engine = await DurableOrchestrationContextTests.StartAsync((_, input) => Task.FromResult(input));
        foreach (var id in new[] { "a", "c", "b" })
        {
            await engine.RunAsync("Orch", id, id);
        }

        Assert.Equal(["b", "c", "a"], (await engine.Client.ListAsync(string.Empty, default).ToListAsync()).Select(status => status.InstanceId));
    }
}
