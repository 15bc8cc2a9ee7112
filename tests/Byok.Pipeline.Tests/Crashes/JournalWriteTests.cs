using Byok.Durable;
using Byok.Pipeline.Tests.Faults;

namespace Byok.Pipeline.Tests.Crashes;

/// <summary>Every orchestration on the embedded engine, killed before and after its journal writes; it ends as if nothing had happened.</summary>
public sealed class JournalWriteTests
{
    public static TheoryData<string> Small => [.. Scenarios.Small.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Small))]
    public async Task Run_KilledAtSomeJournalWrites_EndsRight(string scenario) => Assert.NotEqual(0, await KillEverywhereAsync(Scenarios.Named(scenario), stride: 9));

    [Trait("Category", "Long")]
    [Theory]
    [MemberData(nameof(Small))]
    public async Task Run_KilledAtEveryJournalWrite_EndsRight(string scenario) => Assert.True(await KillEverywhereAsync(Scenarios.Named(scenario), stride: 1) >= 6);

    [Trait("Category", "Long")]
    [Fact]
    public async Task EncryptBlob_ManySegmentsKilledAtEveryJournalWrite_EndsRight() => Assert.True(await KillEverywhereAsync(Scenarios.Segments, stride: 1) >= 12);

    private static async Task<int> KillEverywhereAsync(Scenario scenario, int stride)
    {
        var kills = 0;
        foreach (var phase in Enum.GetValues<JournalWritePhase>())
        {
            for (var write = 1 + ((int)phase * 3 % stride); await RunAndKillAsync(scenario, write, phase); write += stride)
            {
                kills++;
            }
        }

        Console.WriteLine($"{scenario}: killed at {kills} journal writes");
        return kills;
    }

    private static async Task<bool> RunAndKillAsync(Scenario scenario, int atWrite, JournalWritePhase phase)
    {
        using var scene = await FaultScene.CreateAsync(scenario);
        using var engine = new KilledEngine(scene.Stack.CreateCatalog, scene.Stack.Time, atWrite, phase);
        scene.Runner = engine;
        try
        {
            await scenario.RunAsync(scene, 0);
            await scenario.VerifyAsync(scene);
            await scene.AssertNothingLostAsync();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{scenario}, killed at write {atWrite}, {phase}: {exception.Message}", exception);
        }

        return engine.WasKilled;
    }
}
