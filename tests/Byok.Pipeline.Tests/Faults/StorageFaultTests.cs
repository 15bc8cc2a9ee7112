using System.Collections.Concurrent;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>Each kind of fault at each request to storage of each orchestration: it ends right or with a clear error, and what is repeated ends right.</summary>
public sealed class StorageFaultTests
{
    public static TheoryData<string> Small => [.. Scenarios.Small.Select(scenario => scenario.Name)];

    /// <summary>All kinds, each request, the client's own repeats used up as well, so that the pipeline has to repeat. One run in seven.</summary>
    [Theory]
    [MemberData(nameof(Small))]
    public async Task Run_StorageFailsAtARequest_EndsRightOrClearly(string scenario) =>
        Assert.NotEqual(0, await RunMatrixAsync(Scenarios.Named(scenario), Enum.GetValues<FaultKind>(), [2], stride: 7));

    [Trait("Category", "Long")]
    [Theory]
    [MemberData(nameof(Small))]
    public async Task Run_StorageFailsAtEveryRequestInEveryWay_EndsRightOrClearly(string scenario) =>
        Assert.NotEqual(0, await RunMatrixAsync(Scenarios.Named(scenario), Enum.GetValues<FaultKind>(), [1, 2, 6, int.MaxValue], stride: 1));

    [Trait("Category", "Long")]
    [Fact]
    public async Task EncryptBlob_StorageFailsAtEveryRequestOfManySegments_EndsRightOrClearly() =>
        Assert.NotEqual(0, await RunMatrixAsync(Scenarios.Segments, Enum.GetValues<FaultKind>(), [1, 2], stride: 1));

    /// <summary>Counts the runs in which a fault struck.</summary>
    internal static async Task<int> RunMatrixAsync(Scenario scenario, IReadOnlyList<FaultKind> kinds, IReadOnlyList<int> times, int stride)
    {
        var count = await CountRequestsAsync(scenario);
        Assert.NotEqual(0, count);
        var runs = Enumerable.Range(1, count).SelectMany(target => kinds.SelectMany(kind => times.Select(often => (Target: target, Kind: kind, Often: often))))
            .Where(run => run.Kind != FaultKind.PreconditionFailed || run.Often == times[0]) // the client does not repeat these
            .Where(run => (run.Target + (int)run.Kind) % stride == 0)
            .ToList();
        var struck = 0;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var failures = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(runs, async (run, _) =>
        {
            try
            {
                if (await RunAsync(scenario, run.Kind, run.Target, run.Often))
                {
                    Interlocked.Increment(ref struck);
                }
            }
            catch (InvalidOperationException exception)
            {
                failures.Enqueue(exception.ToString());
            }
        });
        Console.WriteLine($"{scenario}: {watch.ElapsedMilliseconds} ms {count} requests, {runs.Count} runs, {struck} struck, {failures.Count} failed");
        Assert.True(failures.IsEmpty, $"{failures.Count} of {runs.Count} runs:\n{string.Join('\n', failures.Select(failure => failure.Split('\n')[0]))}\n\n{string.Join("\n\n", failures.Take(5))}");
        return struck;
    }

    private static async Task<int> CountRequestsAsync(Scenario scenario)
    {
        using var scene = await FaultScene.CreateAsync(scenario);
        scene.Network.Arm(null, 0, 0);
        await scenario.RunAsync(scene, 0);
        var count = scene.Network.Requests.Count;
        await scenario.VerifyAsync(scene);
        await scene.AssertNothingLostAsync();
        return count;
    }

    private static async Task<bool> RunAsync(Scenario scenario, FaultKind kind, int target, int times)
    {
        using var scene = await FaultScene.CreateAsync(scenario);
        var isOutage = times == int.MaxValue;
        scene.Fault = kind;
        scene.Network.Arm(kind, target, times, isOutage ? int.MaxValue : null);
        var injected = 0;
        try
        {
            var failure = await FaultRun.TryAsync(scenario, scene, 0);
            injected = scene.Network.Injected;
            scene.Disarm();
            if (failure is not null)
            {
                await FaultRun.RepeatAsync(scenario, scene, failure);
            }

            await scenario.VerifyAsync(scene);
            await scene.AssertNothingLostAsync();
            return injected > 0;
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(
                $"{scenario}, {kind} at request {target} ({scene.Network.Requests.ElementAtOrDefault(target - 1)}), {times} times: {exception.Message}", exception);
        }
    }
}
