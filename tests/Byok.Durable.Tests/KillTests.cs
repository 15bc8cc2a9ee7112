using System.Diagnostics;

namespace Byok.Durable.Tests;

public class KillTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public async Task Kill9_WhileAnActivityRuns_AnotherProcessFinishesAndRepeatsThatOneAtMost(int afterSteps)
    {
        await using var scratch = new Scratch();
        var effects = Path.Combine(scratch.Folder, "effects.txt");
        await File.WriteAllTextAsync(effects, string.Empty);
        using var victim = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", typeof(KillTarget).Assembly.Location, scratch.Journal, effects },
            UseShellExecute = false,
        })!;
        try
        {
            var patience = Stopwatch.StartNew();
            while ((await File.ReadAllLinesAsync(effects)).Length < afterSteps)
            {
                Assert.False(victim.HasExited, "the process ended by itself");
                Assert.True(patience.Elapsed < EngineExtensions.Patience, "the process did nothing");
                await Task.Delay(5);
            }
        }
        finally
        {
            victim.Kill();
            await victim.WaitForExitAsync();
        }

        await using var engine = await KillTarget.OpenAsync(scratch.Journal, effects);
        await engine.StartAsync();

        Assert.Equal(KillTarget.Steps * (KillTarget.Steps - 1) / 2, (await engine.WaitAsync("victim")).Output<int>());
        var steps = (await File.ReadAllLinesAsync(effects)).Select(int.Parse).ToList();
        Assert.Equal(Enumerable.Range(0, KillTarget.Steps), steps.Distinct());
        Assert.InRange(steps.Count, KillTarget.Steps, KillTarget.Steps + 1);
    }
}
