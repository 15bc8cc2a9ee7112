using System.CommandLine;
using System.CommandLine.Parsing;
using Byok.Cli.Output;
using Byok.Cli.Planning;
using Byok.Core.Text;
using Byok.Pipeline;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok plan</c>: how long the large operations take in Azure, and what limits them. Needs no stack.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var defaults = new PlannedWork { Blobs = 1, Bytes = 0 };
        var blobs = new Option<long>("--blobs") { Description = "Number of blobs.", Required = true };
        var bytes = new Option<long>("--bytes") { Description = "Plaintext bytes of all of them together, such as 500000, 20GiB or 3TiB.", Required = true, CustomParser = ParseBytes };
        var keySize = new Option<int>("--key-size") { Description = "The wrapping key's size in bits: 2048, 3072 or 4096.", DefaultValueFactory = _ => defaults.KeySizeInBits };
        var workers = new Option<int>("--workers") { Description = "Instances of the app at work.", DefaultValueFactory = _ => defaults.Workers };
        var speed = new Option<double>("--worker-speed")
        {
            Description = "MB that one instance encrypts a second; not published, measure yours.",
            DefaultValueFactory = _ => defaults.WorkerBytesPerSecond / 1e6,
        };
        var latency = new Option<double>("--latency")
        {
            Description = "Milliseconds of a metadata write; not published, measure yours.",
            DefaultValueFactory = _ => defaults.RewrapLatency.TotalMilliseconds,
        };
        foreach (var figure in new[] { speed, latency })
        {
            figure.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<double>() is not (> 0 and <= 1e9))
                {
                    result.AddError($"{figure.Name} is more than 0, and at most 1000000000.");
                }
            });
        }

        var verifyAll = new Option<bool>("--verify-all") { Description = "Every chunk is read back before the plaintext is deleted." };
        return new Command("plan", "Say how long an initial encryption, a rotation, the retirement of a branch and a restore take, by the services' published limits, and what limits them.")
        {
            blobs, bytes, keySize, workers, speed, latency, verifyAll,
        }.Runs((parsed, terminal, _) => Task.FromResult(Run(
            new PlannedWork
            {
                Blobs = parsed.GetValue(blobs),
                Bytes = parsed.GetValue(bytes),
                KeySizeInBits = parsed.GetValue(keySize),
                Workers = parsed.GetValue(workers),
                WorkerBytesPerSecond = parsed.GetValue(speed) * 1e6,
                RewrapLatency = TimeSpan.FromMilliseconds(parsed.GetValue(latency)),
                Verification = parsed.GetValue(verifyAll) ? VerificationScope.All : VerificationScope.Sample,
            },
            terminal)));
    }

    private static int Run(PlannedWork work, Terminal terminal)
    {
        var forecasts = OperationPlanner.Plan(work);
        terminal.Document(new
        {
            work,
            operations = forecasts.Select(forecast => new
            {
                forecast.Operation,
                seconds = forecast.Time.TotalSeconds,
                limitedBy = forecast.LimitedBy.Name,
                forecast.Demand,
                limits = forecast.Bottlenecks.Select(limit => new { limit.Name, limit.Demand, limit.PerSecond, seconds = limit.Time.TotalSeconds, limit.Source }),
            }),
        });
        terminal.Line($"{Units.Count(work.Blobs, "blob")}, {Units.Bytes(work.Bytes)}, wrapping key RSA-{work.KeySizeInBits}, {Units.Count(work.Workers, "worker")}. At the least:");
        foreach (var forecast in forecasts)
        {
            terminal.Line();
            terminal.Line($"{forecast.Operation}: {Units.Duration(forecast.Time)}, limited by {forecast.LimitedBy.Name}");
            terminal.Draw(Draw(forecast));
        }

        terminal.Line("Not counted: people who approve, the HSM, caches that rotations and retirements wait for, grace time, retries, other users of vault and account.");
        foreach (var source in forecasts.SelectMany(forecast => forecast.Bottlenecks).Select(limit => limit.Source).OfType<Uri>().Distinct())
        {
            terminal.Line($"  {source}");
        }

        return ExitCodes.Done;
    }

    private static Table Draw(OperationForecast forecast)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("limit", "needs", "a second", "takes", "from");
        for (var column = 1; column <= 3; column++)
        {
            table.Columns[column].RightAligned();
        }

        foreach (var limit in forecast.Bottlenecks)
        {
            table.AddRow(
                Terminal.Cell(limit.Name), Units.Amount(limit.Demand), Units.Amount(limit.PerSecond), Units.Duration(limit.Time), limit.Source is null ? "assumed" : "published");
        }

        return table;
    }

    private static long ParseBytes(ArgumentResult result)
    {
        if (Units.TryParseBytes(result.Tokens.Single().Value, out var bytes))
        {
            return bytes;
        }

        result.AddError($"'{result.Tokens.Single().Value}' is no number of bytes; write 500000, 20GiB or 3TiB.");
        return 0;
    }
}
