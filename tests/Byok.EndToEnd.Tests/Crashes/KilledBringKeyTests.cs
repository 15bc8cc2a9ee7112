using System.Diagnostics;
using Byok.Core.Keys;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Crashes;

/// <summary><c>kill -9</c> of <c>key bring</c>, then the same command again: one active version that works, and no KEK left alive.</summary>
public sealed class KilledBringKeyTests(StackFixture stack) : IClassFixture<StackFixture>
{
    [Theory]
    [InlineData("exporting")]
    [InlineData("importing")]
    [InlineData("proving")]
    [InlineData("retiring")]
    public Task Bring_KilledAtAStage_CompletesWhenGivenAgain(string stage) =>
        KillAsync($"at-{stage}", command => KillMoment.WaitAsync(command, () => Task.FromResult(command.ErrorSoFar.Contains(stage, StringComparison.Ordinal))));

    [Theory]
    [InlineData("agent", "creating")]
    [InlineData("agent", "exporting")]
    [InlineData("relay", "creating")]
    [InlineData("relay", "exporting")]
    public async Task Bring_AgentOrRelayKilledMeanwhile_GoesOnWhenItIsBack(string process, string stage)
    {
        var name = $"without-{process}-{stage}";
        using var command = stack.Byok.Start("key", "bring", name, "--size", "2048", "--json");
        await KillMoment.WaitAsync(command, () => Task.FromResult(stage == "creating" || command.ErrorSoFar.Contains(stage, StringComparison.Ordinal)));
        ByokHome.Kill((await stack.Byok.ProcessesAsync()).Single(candidate => candidate.Name.Contains(process, StringComparison.Ordinal)).Id);
        await stack.Byok.SucceedAsync("up");

        var result = await command.WaitAsync();

        Assert.True(result.ExitCode == 0, $"{result}");
        var request = result.Json.GetProperty("requestId").GetString()!;
        var log = await File.ReadAllLinesAsync(Path.Combine(stack.Byok.Home, "agent", "agent.log.jsonl"));
        Assert.Single(log, line => line.Contains("export.completed", StringComparison.Ordinal) && line.Contains(request, StringComparison.Ordinal));
        await UseAsync(name);
    }

    [Trait("Category", "Long")]
    [Fact]
    public async Task Bring_KilledAtManyTimes_CompletesWhenGivenAgain()
    {
        var watch = Stopwatch.StartNew();
        await stack.Byok.SucceedAsync("key", "bring", "measured", "--size", "2048");
        var time = watch.Elapsed;
        for (var moment = 0; moment < 30; moment++)
        {
            await KillAsync($"time-{moment}", command => KillMoment.WaitAsync(command, time * (0.1 + (0.9 * moment / 30))));
        }
    }

    private async Task KillAsync(string name, Func<RunningCommand, Task> wait)
    {
        using (var command = stack.Byok.Start("key", "bring", name, "--size", "2048"))
        {
            await wait(command);
            command.Kill();
            await command.WaitAsync();
        }

        var again = await stack.Byok.RunAsync("key", "bring", name, "--size", "2048");

        if (again.ExitCode != 0)
        {
            // The first had come to its end, and only the telling of it was cut off.
            CommandAssert.Failed(1, "in use already", again);
        }

        var listed = (await stack.Byok.SucceedAsync("key", "list", name, "--json")).Json;
        Assert.Single(listed.EnumerateArray(), version => version.GetProperty("state").GetString() == "active");
        var keys = await VaultView.ReadAsync(stack.Byok);
        Assert.DoesNotContain(keys, key => key.Enabled && key.Operations.Contains("import"));
        Assert.Single(keys, key => key.Id.Name == name && key.Enabled && key.Tags.GetValueOrDefault(KeyTags.State) == KeyTags.Active);
        await UseAsync(name);
    }

    private async Task UseAsync(string key)
    {
        var file = stack.Byok.CreateFile($"under-{key}", 1000);
        await stack.Byok.SucceedAsync("blob", "encrypt", file, "--key", key);
        await stack.Byok.SucceedAsync("blob", "verify", $"under-{key}");
    }
}
