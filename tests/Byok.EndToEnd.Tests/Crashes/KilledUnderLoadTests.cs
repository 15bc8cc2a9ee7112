using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Byok.Durable;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Crashes;

/// <summary>
/// Processes under load are killed at random moments for <c>BYOK_KILL_MINUTES</c> (five when not set): uploads, a rotation after the other, and the
/// server that goes on with what the dead left. Then an audit that reads every byte finds nothing, and every file comes back.
/// </summary>
public sealed class KilledUnderLoadTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private readonly ConcurrentDictionary<string, string> _files = new();
    private int _kills;
    private int _completions;

    [Trait("Category", "Long")]
    [Fact]
    public Task Everything_KilledAtRandomForMinutes_AuditFindsNothing() => RunAsync(
        TimeSpan.FromMinutes(double.TryParse(Environment.GetEnvironmentVariable("BYOK_KILL_MINUTES"), CultureInfo.InvariantCulture, out var minutes) ? minutes : 5));

    private async Task RunAsync(TimeSpan duration)
    {
        using var clock = new CancellationTokenSource(duration);
        bool IsOver() => clock.IsCancellationRequested;
        await Task.WhenAll(UploadAsync(0, IsOver), UploadAsync(1, IsOver), RotateAsync(IsOver), ServeAsync(IsOver));
        Console.WriteLine($"killed {_kills} processes, {_completions} came to their end, {_files.Count} blobs");
        Assert.NotEqual(0, _kills);

        using (var server = stack.Byok.Start("serve"))
        {
            await WaitUntilNothingRunsAsync();
            server.Kill();
            await server.WaitAsync();
        }

        var report = (await stack.Byok.SucceedAsync("audit", "--scrub", "100", "--json")).Json;
        Assert.True(report.GetProperty("criticals").GetInt64() == 0, report.ToString());
        Assert.Equal(_files.Count, report.GetProperty("scrubbedBlobs").GetInt64());
        Assert.True(report.GetProperty("ledger").GetProperty("isIntact").GetBoolean());
        foreach (var (name, file) in _files)
        {
            await stack.Byok.SucceedAsync("blob", "decrypt", name, "-o", file + ".out");
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(file + ".out")), $"'{name}' came back with other bytes.");
        }

        await foreach (var leftover in stack.Uploads.Client.GetBlobsAsync())
        {
            Assert.Fail($"The plaintext of '{leftover.Name}' was left in the uploads.");
        }
    }

    private async Task UploadAsync(int actor, Func<bool> isOver)
    {
        for (var number = 0; !isOver(); number++)
        {
            var name = $"blob-{actor}-{number}";
            var file = stack.Byok.CreateFile(name, RandomNumberGenerator.GetInt32(number % 5 == 4 ? 70_000_000 : 500_000), actor * 1000 + number);
            _files[name] = file;

            // The same command again and again until it gets through; it may be killed each time, but not for ever.
            for (var attempt = 1; ; attempt++)
            {
                var (result, wasKilled) = await RunAsync(attempt > 4 || isOver() ? TimeSpan.MaxValue : Moment(), "blob", "encrypt", file, "--name", name);
                if (!wasKilled)
                {
                    Assert.True(result.ExitCode == 0, $"attempt {attempt}: {result}");
                    break;
                }

                if (result.Output.Contains($"protected '{name}'", StringComparison.Ordinal))
                {
                    break; // It had told of its success. Given again it may say that the blob is there already, and does that.
                }
            }
        }
    }

    private async Task RotateAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            var (result, wasKilled) = await RunAsync(Moment() * 4, "key", "rotate", StackFixture.Key);
            Assert.True(wasKilled || result.ExitCode == 0 || result.Error.Contains("under way", StringComparison.Ordinal), result.ToString());
        }

        // The server may have taken over the one that was killed last.
        CommandResult last;
        do
        {
            last = await stack.Byok.RunAsync("key", "rotate", StackFixture.Key);
        }
        while (last.Error.Contains("under way", StringComparison.Ordinal));
        Assert.True(last.ExitCode == 0, last.ToString());
    }

    private async Task ServeAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await RunAsync(Moment() * 3, "serve");
        }
    }

    private async Task<(CommandResult Result, bool WasKilled)> RunAsync(TimeSpan life, params string[] arguments)
    {
        using var command = stack.Byok.Start(arguments);
        if (life < TimeSpan.MaxValue)
        {
            await KillMoment.WaitAsync(command, life);
            if (!command.HasEnded)
            {
                command.Kill();
                Interlocked.Increment(ref _kills);
                return (await command.WaitAsync(), true);
            }
        }

        var result = await command.WaitAsync();
        Interlocked.Increment(ref _completions);
        return (result, false);
    }

    private static TimeSpan Moment() => TimeSpan.FromMilliseconds(300 + RandomNumberGenerator.GetInt32(4000));

    private async Task WaitUntilNothingRunsAsync()
    {
        await using var journal = await DurableEngine.OpenAsync(Path.Combine(stack.Byok.Home, "journal.db"), [], [], new DurableEngineOptions(), TimeProvider.System);
        for (var tries = 0; ; tries++)
        {
            var running = await journal.ListAsync(string.Empty, CancellationToken.None).Where(instance => !instance.IsEnded).ToListAsync();
            if (running.Count == 0)
            {
                return;
            }

            Assert.True(tries < 300, $"still running: {JsonSerializer.Serialize(running)}");
            await Task.Delay(1000);
        }
    }
}
