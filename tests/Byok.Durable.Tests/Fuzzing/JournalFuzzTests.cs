using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Testing.Core.Fuzzing;
using Microsoft.Data.Sqlite;

namespace Byok.Durable.Tests.Fuzzing;

/// <summary>Rows of the journal, and the journal's file, altered by somebody who may write to it: a clear failure, and the engine lives.</summary>
public sealed class JournalFuzzTests
{
    private static readonly (string Table, string[] Columns)[] Cells =
    [
        ("instances", ["id", "name", "state", "run_id", "input", "created_on", "updated_on", "status", "output", "failure", "owner", "parent_id", "parent_step"]),
        ("history", ["kind", "step", "name", "payload", "at"]),
        ("inbox", ["event_name", "payload"]),
    ];

    [Fact]
    public Task Rows_Altered_EndClearly() => RowsAsync(60);

    [Fact]
    public Task File_Altered_IsRefusedClearly() => FileAsync(60);

    [Trait("Category", "Long")]
    [Fact]
    public Task Rows_AlteredManyTimes_EndClearly() => RowsAsync(Fuzzer.ManyInputs / 200);

    [Trait("Category", "Long")]
    [Fact]
    public Task File_AlteredManyTimes_IsRefusedClearly() => FileAsync(Fuzzer.ManyInputs / 200);

    // The corpus gives the values that are put into one cell of a journal that waits in the middle of an orchestration.
    private static async Task RowsAsync(int inputs)
    {
        var template = await MakeJournalAsync();
        var number = 0;
        await Fuzzer.RunAsync(
            "journal", inputs,
            async input =>
            {
                var choice = new FuzzStream($"cell {number++}");
                await UseAsync(template, path =>
                {
                    using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
                    connection.Open();
                    var (table, columns) = choice.Pick(Cells);
                    using var command = connection.CreateCommand();
                    command.CommandText = $"UPDATE OR IGNORE {table} SET {choice.Pick(columns)} = $1 WHERE rowid % 2 = {choice.Below(2)} OR 1 = {choice.Below(2)}".Replace(
                        table == "history" ? "rowid % 2" : "never", "sequence % 2", StringComparison.Ordinal);
                    command.Parameters.AddWithValue("$1", choice.Below(3) switch
                    {
                        0 => System.Text.Encoding.UTF8.GetString(input),
                        1 => input,
                        _ => input.Length > 8 ? BitConverter.ToInt64(input) : input.Length,
                    });
                    try
                    {
                        command.ExecuteNonQuery();
                    }
                    catch (SqliteException)
                    {
                        // SQLite itself holds NOT NULL.
                    }
                });
            },
            _ => false);
    }

    private static async Task FileAsync(int inputs)
    {
        var template = await MakeJournalAsync();
        var number = 0;
        await Fuzzer.RunAsync(
            "journal", inputs,
            input => UseAsync(template, path =>
            {
                var choice = new FuzzStream($"file {number++}");
                using var file = new FileStream(path, FileMode.Open);
                for (var times = 1 + choice.Below(4); times > 0; times--)
                {
                    file.Position = choice.Below((int)file.Length);
                    file.Write(input.AsSpan(0, Math.Min(input.Length, 1 + choice.Below(200))));
                }

                file.SetLength(choice.Below(4) == 0 ? choice.Below((int)file.Length) : file.Length);
            }),
            _ => false);
    }

    private static async Task UseAsync(byte[] template, Action<string> alter)
    {
        var folder = Directory.CreateTempSubdirectory("byok-fuzz-journal-").FullName;
        try
        {
            var path = Path.Combine(folder, "journal.db");
            await File.WriteAllBytesAsync(path, template);
            alter(path);
            await UseAsync(path);
        }
        catch (ByokException)
        {
            // A clear failure.
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task UseAsync(string path)
    {
        var (orchestrations, activities) = Catalog();
        var options = new DurableEngineOptions { PollInterval = TimeSpan.FromMilliseconds(5), StopTimeout = TimeSpan.FromMilliseconds(200) };
        await using var engine = await DurableEngine.OpenAsync(path, orchestrations, activities, options, TimeProvider.System);
        await engine.StartAsync();
        await foreach (var _ in engine.ListAsync(string.Empty, CancellationToken.None))
        {
            // Reads every instance.
        }

        // Whatever became of the one in the journal, a new one runs, or the engine has said clearly why it cannot.
        await engine.ScheduleAsync("Wait", 0, "new", CancellationToken.None);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        if (await engine.GetAsync("new", CancellationToken.None) is not null)
        {
            await engine.RaiseEventAsync("new", "Go", "go", CancellationToken.None);
            await engine.WaitAsync("new", null, patience.Token);
        }
    }

    private static (List<OrchestrationDescriptor> Orchestrations, List<ActivityDescriptor> Activities) Catalog()
    {
        var orchestration = new OrchestrationDescriptor("Wait", typeof(int), async (context, input) =>
        {
            context.SetStatus("waiting");
            await context.CallActivityAsync<int>("Work", input);
            return await context.WaitForExternalEventAsync<string>("Go", CancellationToken.None);
        });
        return ([orchestration], [new ActivityDescriptor("Work", typeof(int), (input, _) => Task.FromResult(input))]);
    }

    private static async Task<byte[]> MakeJournalAsync()
    {
        await using var scratch = new Scratch();
        var (orchestrations, activities) = Catalog();
        scratch.Orchestrations.AddRange(orchestrations);
        scratch.Activities.AddRange(activities);
        var engine = await scratch.StartAsync();
        foreach (var id in new[] { "ended", "waiting", "other" })
        {
            await engine.ScheduleAsync("Wait", 1, id, CancellationToken.None);
        }

        await engine.RaiseEventAsync("ended", "Go", "go", CancellationToken.None);
        await engine.WaitAsync("ended", null, CancellationToken.None);
        await engine.DisposeAsync();
        await using var closed = await scratch.OpenAsync(); // not started: the event stays in the inbox
        await closed.RaiseEventAsync("other", "Later", "later", CancellationToken.None);
        await closed.DisposeAsync();
        using (var connection = new SqliteConnection($"Data Source={scratch.Journal};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }

        return await File.ReadAllBytesAsync(scratch.Journal);
    }
}
