using System.Text.Json;
using Byok.Core.Orchestration;

namespace Byok.Durable.Tests;

internal static class EngineExtensions
{
    /// <summary>Far beyond anything a test needs: a test that hangs fails instead.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Task<bool> ScheduleAsync(this DurableEngine engine, string name, object? input, string instanceId) =>
        engine.ScheduleAsync(name, input, instanceId, CancellationToken.None);

    public static async Task<OrchestrationStatus> WaitAsync(this DurableEngine engine, string instanceId)
    {
        using var patience = new CancellationTokenSource(Patience);
        return await engine.WaitAsync(instanceId, null, patience.Token);
    }

    public static async Task<OrchestrationStatus> RunAsync(this DurableEngine engine, string name, object? input, string instanceId)
    {
        await engine.ScheduleAsync(name, input, instanceId);
        return await engine.WaitAsync(instanceId);
    }

    public static T Output<T>(this OrchestrationStatus status)
    {
        Assert.True(status.State == OrchestrationState.Completed, $"{status.State}: {status.Failure}");
        return status.Output!.Value.Deserialize<T>(OrchestrationJson.Options)!;
    }

    public static Task RaiseAsync(this DurableEngine engine, string instanceId, string name, object? payload) =>
        engine.RaiseEventAsync(instanceId, name, payload, CancellationToken.None);

    /// <summary>Waits until the journal says something.</summary>
    public static async Task<OrchestrationStatus> UntilAsync(this DurableEngine engine, string instanceId, Func<OrchestrationStatus, bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (await engine.GetAsync(instanceId, patience.Token) is { } status && condition(status))
            {
                return status;
            }

            await Task.Delay(5, patience.Token);
        }
    }
}
