using System.Diagnostics;
using System.Globalization;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;
using Byok.Pipeline;

namespace Byok.Bench.Benchmarks;

/// <summary>The most memory that a process held (VmHWM) that did nothing but protect one blob and read it back.</summary>
internal static class MemoryPeak
{
    /// <summary>The first argument of the process that is measured; the others are connection string, blob, ETag, activities.</summary>
    public const string ChildVerb = "memory-child";

    private const long GiB = 1024L * 1024 * 1024;
    private const double MiB = 1024 * 1024;

    /// <summary>What the process may hold, whatever the size and the number of workers.</summary>
    private const double LimitInMiB = 250;

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        var peaks = new List<(long Length, int Activities, double Peak)>();
        await MeasureAsync(options, [1, 4, 8, 16]).ConfigureAwait(false);
        if (options.Long)
        {
            await MeasureAsync(options with { SizeInMiB = 10 * 1024 }, [4]).ConfigureAwait(false);
        }

        async Task MeasureAsync(BenchOptions sized, int[] activitiesAtATime)
        {
            var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
            await using (storage.ConfigureAwait(false))
            {
                var blob = await storage.UploadLargeAsync("memory", sized).ConfigureAwait(false);
                foreach (var activities in activitiesAtATime)
                {
                    peaks.Add((blob.Length, activities, MeasureChild(storage.ConnectionString, blob, activities)));
                    await section.Progress.WriteLineAsync($"    {blob.Length / (double)GiB:0.##} GiB, {activities} activities: {peaks[^1].Peak:0} MiB").ConfigureAwait(false);
                    await storage.Account.Protected.Client.GetBlobClient(blob.Name).DeleteIfExistsAsync().ConfigureAwait(false);
                }
            }
        }

        section.Text(
            "A process of its own protects one blob on the embedded engine and decrypts it again with as many workers, on Azurite; then it tells its `VmHWM`. Each activity has up to 4 chunks of 4 MiB under " +
            "way, all together at most 16 of the pool's buffers. 10 GiB is measured with `--long`.");
        section.Table("blob", "activities at a time", "most memory held, MiB");
        foreach (var (length, activities, peak) in peaks)
        {
            section.Row($"{length / (double)GiB:0.##} GiB", $"{activities}", ResultSection.Format(peak, "0"));
        }

        section.Targets();
        section.AtMost("most of all, MiB", peaks.Max(peak => peak.Peak), LimitInMiB, "0");
    }

    /// <summary>What the measured process does.</summary>
    public static async Task<int> RunChildAsync(string[] args)
    {
        var (connection, name, etag, activities) = (args[0], args[1], args[2], int.Parse(args[3], CultureInfo.InvariantCulture));
        var storage = BenchStorage.Existing(connection);
        await using (storage.ConfigureAwait(false))
        {
            using var pipeline = await BenchPipeline.CreateAsync(storage.Account, new PipelineOptions { Disposal = PlaintextDisposal.Keep }).ConfigureAwait(false);
            var engine = await BenchEngine.StartAsync(pipeline, activities).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                await engine.EncryptAsync(name, etag).ConfigureAwait(false);
            }

            await Decryption.DecryptAsync(pipeline, name, activities).ConfigureAwait(false);
        }

        var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Console.WriteLine(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]);
        return 0;
    }

    private static double MeasureChild(string connection, LargeBlob blob, int activities)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        foreach (var argument in new[] { typeof(MemoryPeak).Assembly.Location, ChildVerb, connection, blob.Name, blob.ETag, $"{activities}" })
        {
            start.ArgumentList.Add(argument);
        }

        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0
            ? double.Parse(output, CultureInfo.InvariantCulture) * 1024 / MiB
            : throw new InvalidOperationException($"The measured process ended with {child.ExitCode}.");
    }
}
