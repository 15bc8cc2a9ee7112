using System.Diagnostics;

namespace Byok.Bench.Measuring;

/// <summary>Runs contenders in turn, round by round, each round beginning with another one. The first round only warms up.</summary>
internal static class Rounds
{
    public static async Task<IReadOnlyList<Series>> RunAsync(int rounds, TextWriter progress, params Contender[] contenders)
    {
        var samples = contenders.Select(_ => new List<Sample>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                var index = (turn + round + 1) % contenders.Length;
                var sample = await MeasureAsync(contenders[index]).ConfigureAwait(false);
                if (round >= 0)
                {
                    samples[index].Add(sample);
                    await progress.WriteLineAsync(
                        $"    round {round + 1}/{rounds}  {contenders[index].Name,-44} {sample.WallSeconds,8:0.000} s wall {sample.CpuSeconds,8:0.000} s CPU").ConfigureAwait(false);
                }
            }
        }

        return [.. contenders.Select((contender, index) => new Series(contender.Name, samples[index]))];
    }

    private static async Task<Sample> MeasureAsync(Contender contender)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        await contender.RunAsync().ConfigureAwait(false);
        var wall = Stopwatch.GetElapsedTime(start);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        if (contender.CleanAsync is { } clean)
        {
            await clean().ConfigureAwait(false);
        }

        return new Sample(wall.TotalSeconds, cpu.TotalSeconds, allocated);
    }
}
