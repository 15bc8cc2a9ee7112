using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Durable.Tests;

public class JournalTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Schedule_FailedOrTerminated_RunsAgain(bool isTerminated)
    {
        var isBroken = true;
        await using var scratch = new Scratch().Activity<int, int>("Work", n => isBroken ? throw new IntegrityException("No.") : n);
        scratch.Orchestration<int, int>("Working", async (context, n) =>
        {
            if (isTerminated && isBroken)
            {
                await context.WaitForExternalEventAsync<int>("Never", CancellationToken.None);
            }

            return await context.CallActivityAsync<int>("Work", n);
        });
        var engine = await scratch.StartAsync();
        Assert.True(await engine.ScheduleAsync("Working", 1, "a"));
        if (isTerminated)
        {
            await engine.TerminateAsync("a", "enough", CancellationToken.None);
        }

        Assert.True((await engine.WaitAsync("a")).State is OrchestrationState.Failed or OrchestrationState.Terminated);
        isBroken = false;
        Assert.True(await engine.ScheduleAsync("Working", 2, "a"));
        var status = await engine.WaitAsync("a");
        Assert.Equal(2, status.Output<int>());
        Assert.Null(status.Failure);
        Assert.False(await engine.ScheduleAsync("Working", 3, "a"));
        Assert.Equal(2, (await engine.WaitAsync("a")).Output<int>());
    }

    [Fact]
    public async Task Schedule_PendingOrRunning_IsLeftAlone()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Waiting", async (context, n) =>
            n + await context.WaitForExternalEventAsync<int>("Go", CancellationToken.None));
        var engine = await scratch.OpenAsync();
        Assert.True(await engine.ScheduleAsync("Waiting", 1, "a"));
        Assert.False(await engine.ScheduleAsync("Waiting", 2, "a"));
        Assert.Equal(OrchestrationState.Pending, (await engine.GetAsync("a", CancellationToken.None))!.State);
        await engine.StartAsync();
        await engine.UntilAsync("a", status => status.State == OrchestrationState.Running);
        Assert.False(await engine.ScheduleAsync("Waiting", 3, "a"));
        await engine.RaiseAsync("a", "Go", 10);

        Assert.Equal(11, (await engine.WaitAsync("a")).Output<int>());
    }

    [Fact]
    public async Task Schedule_UnknownOrchestration_IsMisuse()
    {
        await using var scratch = new Scratch();
        var engine = await scratch.OpenAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => engine.ScheduleAsync("Nobody", 1, "a"));
        Assert.Null(await engine.GetAsync("a", CancellationToken.None));
    }

    [Fact]
    public async Task List_SeveralInstances_NewestFirst()
    {
        await using var scratch = new Scratch().Orchestration<int, int>("Quick", (_, n) => Task.FromResult(n));
        var engine = await scratch.StartAsync();
        foreach (var id in new[] { "a", "b", "c" })
        {
            await engine.RunAsync("Quick", 1, id);
        }

        var ids = new List<string>();
        await foreach (var status in engine.ListAsync(string.Empty, CancellationToken.None))
        {
            ids.Add(status.InstanceId);
        }

        Assert.Equal(["c", "b", "a"], ids);
    }

    [Fact]
    public async Task Wait_Progress_ToldOfTheLastStatusAndTheEnd()
    {
        await using var scratch = new Scratch().Activity<int, int>("Work", n => n);
        scratch.Orchestration<int, int>("Reporting", async (context, n) =>
        {
            for (var i = 1; i <= n; i++)
            {
                await context.CallActivityAsync<int>("Work", i);
                context.SetStatus(new { Done = i });
            }

            return n;
        });
        var engine = await scratch.StartAsync();
        var reports = new List<OrchestrationStatus>();
        await engine.ScheduleAsync("Reporting", 5, "a");
        await engine.WaitAsync("a", reports.Add, CancellationToken.None);

        Assert.Equal(OrchestrationState.Completed, reports[^1].State);
        Assert.Equal(5, reports[^1].CustomStatus!.Value.GetProperty("done").GetInt32());
        var seen = reports.Where(report => report.CustomStatus is not null).Select(report => report.CustomStatus!.Value.GetProperty("done").GetInt32()).ToList();
        Assert.Equal(seen.Order(), seen);
    }

    [Fact]
    public async Task Purge_EndedLongAgo_RemovedAndOthersKept()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var scratch = new Scratch { Time = time };
        scratch.Orchestration<int, int>("Quick", (_, n) => Task.FromResult(n));
        scratch.Orchestration<int, int>("Waiting", (context, _) => context.WaitForExternalEventAsync<int>("Go", CancellationToken.None));
        var engine = await scratch.StartAsync();
        await engine.RunAsync("Quick", 1, "old");
        await engine.ScheduleAsync("Waiting", 1, "waiting");
        time.Advance(TimeSpan.FromDays(2));
        await engine.RunAsync("Quick", 1, "new");

        Assert.Equal(1, await engine.PurgeAsync(time.GetUtcNow() - TimeSpan.FromDays(1), CancellationToken.None));
        Assert.Null(await engine.GetAsync("old", CancellationToken.None));
        Assert.NotNull(await engine.GetAsync("new", CancellationToken.None));
        Assert.NotNull(await engine.GetAsync("waiting", CancellationToken.None));
    }

    [Fact]
    public async Task Run_OneActivity_CostsFewTransactions()
    {
        var writes = 0;
        await using var scratch = new Scratch().Activity<int, int>("Work", n => n);
        scratch.Orchestration<int, int>("Working", (context, n) => context.CallActivityAsync<int>("Work", n));
        var engine = await scratch.StartAsync(phase => writes += phase == JournalWritePhase.AfterCommit ? 1 : 0);
        await engine.RunAsync("Working", 1, "a");

        Assert.Equal(3, writes);
    }

    [Fact]
    public async Task Run_TwoThousandInstances_AllEndAndNothingIsLeft()
    {
        await using var scratch = new Scratch().Activity<int, int>("Work", n => n);
        scratch.Orchestration<int, int>("Working", (context, n) => context.CallActivityAsync<int>("Work", n));
        var engine = await scratch.StartAsync();
        await engine.RunAsync("Working", 1, "warm-up");
        var (memory, handles) = (GC.GetTotalMemory(forceFullCollection: true), OpenFiles());
        for (var i = 0; i < 2000; i++)
        {
            await engine.ScheduleAsync("Working", i, $"instance-{i}");
        }

        var ends = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => engine.WaitAsync($"instance-{i}")));

        Assert.Equal(Enumerable.Range(0, 2000), ends.Select(end => end.Output<int>()));
        ends = [];
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 8 << 20);
        Assert.InRange(OpenFiles(), 0, handles + 20);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("other database")]
    [InlineData("newer version")]
    [InlineData("no folder")]
    [InlineData("folder")]
    public async Task Open_FileThatIsNoJournalOfOurs_SaysSo(string what)
    {
        await using var scratch = new Scratch();
        var path = what == "no folder" ? Path.Combine(scratch.Journal, "missing", "journal.db") : scratch.Journal;
        switch (what)
        {
            case "garbage":
                await File.WriteAllTextAsync(path, new string('x', 5000));
                break;
            case "other database":
                Sql(path, "CREATE TABLE theirs(a)");
                break;
            case "newer version":
                await (await scratch.OpenAsync()).DisposeAsync();
                Sql(path, "PRAGMA user_version = 99");
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
        }

        var failure = await Assert.ThrowsAsync<ConfigurationException>(
            () => DurableEngine.OpenAsync(path, [], [], new DurableEngineOptions(), TimeProvider.System));
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_DiskFull_SaysSoAndGoesOnLater()
    {
        await using var scratch = new Scratch().Activity<int, string>("Work", n => new string('x', n));
        scratch.Orchestration<int, int>("Working", async (context, n) =>
        {
            await context.CallActivityAsync<string>("Work", n);
            return (await context.CallActivityAsync<string>("Work", n)).Length;
        });
        var engine = await scratch.OpenAsync();
        engine.LimitJournal(pages: 40);
        await engine.StartAsync();
        await engine.ScheduleAsync("Working", 200_000, "a");
        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => engine.WaitAsync("a"));
        Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
        await engine.DisposeAsync();
        var second = await scratch.StartAsync();

        Assert.Equal(200_000, (await second.WaitAsync("a")).Output<int>());
    }

    private static void Sql(string path, string statement)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    private static int OpenFiles() => Directory.GetFiles($"/proc/{Environment.ProcessId}/fd").Length;
}
