namespace Byok.Durable.Tests;

/// <summary>The process that <see cref="KillTests"/> kills: the test assembly run as a program.</summary>
internal static class KillTarget
{
    public const int Steps = 12;

    public static async Task<int> Main(string[] arguments)
    {
        await using var engine = await OpenAsync(arguments[0], arguments[1]);
        await engine.StartAsync();
        await engine.ScheduleAsync("Steps", Steps, "victim");
        return (await engine.WaitAsync("victim")).IsEnded ? 0 : 1;
    }

    /// <summary>An engine whose activities each append a line to a file.</summary>
    public static Task<DurableEngine> OpenAsync(string journal, string effects)
    {
        var catalog = new Scratch().Activity<int, int>("Step", async (n, cancellationToken) =>
        {
            await File.AppendAllTextAsync(effects, $"{n}\n", cancellationToken);
            await Task.Delay(50, cancellationToken);
            return n;
        });
        catalog.Orchestration<int, int>("Steps", async (context, n) =>
        {
            var sum = 0;
            for (var i = 0; i < n; i++)
            {
                sum += await context.CallActivityAsync<int>("Step", i);
            }

            return sum;
        });
        return DurableEngine.OpenAsync(journal, catalog.Orchestrations, catalog.Activities, new DurableEngineOptions(), TimeProvider.System);
    }
}
