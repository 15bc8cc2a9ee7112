using System.Collections.Concurrent;
using Byok.Core.Errors;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>Each kind of failure at each call of the vault and of the HSM, of each orchestration.</summary>
public sealed class VaultAndHsmFaultTests
{
    public static TheoryData<string> Small => [.. Scenarios.Small.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Small))]
    public Task Run_ACallFails_EndsRightOrClearly(string scenario) => RunMatrixAsync(Scenarios.Named(scenario), [1], stride: 5);

    /// <summary>Once, twice in a row, as often as an activity is tried, and from then on for good.</summary>
    [Trait("Category", "Long")]
    [Theory]
    [MemberData(nameof(Small))]
    public Task Run_EveryCallFailsInEveryWay_EndsRightOrClearly(string scenario) => RunMatrixAsync(Scenarios.Named(scenario), [1, 2, 8, int.MaxValue], stride: 1);

    /// <summary>Storage is gone too when the failed rotation wants to give its claim back: what is told is still what failed first.</summary>
    [Fact]
    public async Task RotateKey_VaultRefusesAndThenStorageIsGone_TellsTheVaultsRefusal()
    {
        const int refused = 3;
        var scenario = Scenarios.Named("RotateKey");
        int requests;
        using (var scene = await FaultScene.CreateAsync(scenario))
        {
            scene.Network.Arm(null, 0, 0);
            scene.VaultCalls.Arm(CallFault.Refused, refused, refused);
            Assert.IsType<ConfigurationException>(await FaultRun.TryAsync(scenario, scene, 0));
            requests = scene.Network.Requests.Count;
        }

        using var gone = await FaultScene.CreateAsync(scenario);
        gone.Network.Arm(FaultKind.ServerError, requests - 1, int.MaxValue, int.MaxValue); // the release reads the claim and writes it
        gone.VaultCalls.Arm(CallFault.Refused, refused, refused);

        Assert.IsType<ConfigurationException>(await FaultRun.TryAsync(scenario, gone, 0));
        Assert.NotEqual(0, gone.Network.Injected);
        gone.Disarm();
        await scenario.RunAsync(gone, 1);
        await scenario.VerifyAsync(gone);
    }

    private static async Task RunMatrixAsync(Scenario scenario, IReadOnlyList<int> times, int stride)
    {
        var (vaultCalls, hsmCalls) = await CountCallsAsync(scenario);
        var calls = Enumerable.Range(1, vaultCalls).Select(target => (IsVault: true, Target: target))
            .Concat(Enumerable.Range(1, hsmCalls).Select(target => (IsVault: false, Target: target)));
        var runs = calls.SelectMany(call => Enum.GetValues<CallFault>().SelectMany(fault => times.Select(often => (call.IsVault, call.Target, Fault: fault, Often: often))))
            .Where((_, index) => index % stride == 0)
            .ToList();
        var failures = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(runs, async (run, _) =>
        {
            try
            {
                await RunAsync(scenario, run.IsVault, run.Target, run.Fault, run.Often);
            }
            catch (InvalidOperationException exception)
            {
                failures.Enqueue(exception.ToString());
            }
        });
        Assert.NotEmpty(runs);
        Console.WriteLine($"{scenario}: {runs.Count} runs with failing calls of vault ({vaultCalls}) and HSM ({hsmCalls})");
        Assert.True(failures.IsEmpty, $"{failures.Count} of {runs.Count} runs:\n{string.Join('\n', failures.Select(failure => failure.Split('\n')[0]))}\n\n{string.Join("\n\n", failures.Take(5))}");
    }

    private static async Task<(int Vault, int Hsm)> CountCallsAsync(Scenario scenario)
    {
        using var scene = await FaultScene.CreateAsync(scenario);
        scene.Disarm();
        await scenario.RunAsync(scene, 0);
        return (scene.VaultCalls.Count, scene.HsmCalls.Count);
    }

    private static async Task RunAsync(Scenario scenario, bool isVault, int target, CallFault fault, int times)
    {
        using var scene = await FaultScene.CreateAsync(scenario);
        scene.Disarm();
        var calls = isVault ? scene.VaultCalls : scene.HsmCalls;
        calls.Arm(fault, target, times == int.MaxValue ? times : target + times - 1);
        try
        {
            if (await FaultRun.TryAsync(scenario, scene, 0) is { } failure)
            {
                scene.Disarm();
                await FaultRun.RepeatAsync(scenario, scene, failure);
            }

            scene.Disarm();
            await scenario.VerifyAsync(scene);
            await scene.AssertNothingLostAsync();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(
                $"{scenario}, {fault} at call {target} of the {(isVault ? "vault" : "HSM")}, {times} times: {exception.Message}", exception);
        }
    }
}
