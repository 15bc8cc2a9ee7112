using Byok.Bench.Measuring;
using Byok.Bench.Peers;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;
using Byok.Pipeline;

namespace Byok.Bench.Benchmarks;

/// <summary>What a client costs when storage costs nothing: range read, encrypt, stage, against the same without encryption and against the peer.</summary>
internal static class ClientCost
{
    private const long Length = 512L * 1024 * 1024;
    private const int Chunks = 128;

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        section.Text(
            $"{Chunks} chunks of 4 MiB from a source of zeros to a transport that reads what it is sent and answers at once. " +
            "Ours is the pipeline's own path (range read, seal, stage, commit); plain is the same without sealing; CSE v2 is Azure client-side encryption 2.0 " +
            "of Azure.Storage.Blobs with a key in memory, blocks of 4 MiB, its source read 4 MiB at a time.");
        var measured = new Dictionary<int, IReadOnlyList<Series>>();
        foreach (var workers in new[] { 1, 2, 4 })
        {
            measured[workers] = await MeasureAsync(workers, options, section).ConfigureAwait(false);
        }

        section.Table("workers", "contender", "GB/s", "CPU s per GiB", "allocated bytes per chunk");
        foreach (var (workers, series) in measured)
        {
            foreach (var one in series)
            {
                section.Row(
                    $"{workers}", one.Name, ResultSection.Format(Length / one.Wall / 1e9), ResultSection.Format(one.Cpu * 1024 * 1024 * 1024 / Length, "0.000"), ResultSection.Format(one.Allocated / Chunks, "N0"));
            }
        }

        section.Targets();
        section.AtLeast("ours through CSE v2, one worker, by wall", Faster(measured[1]), 1.7);
        section.AtLeast("ours through CSE v2, four workers, by wall", Faster(measured[4]), 3.5);
        section.AtMost("CPU of ours through CSE v2, one worker", measured[1][1].RatioTo(measured[1][2], sample => sample.CpuSeconds), 0.67);
        section.AtMost("allocated bytes per chunk, ours less plain, one worker", measured[1][1].DifferenceTo(measured[1][0], sample => (double)sample.AllocatedBytes / Chunks), 8192, "N0");
    }

    private static double Faster(IReadOnlyList<Series> series) => series[2].RatioTo(series[1], sample => sample.WallSeconds);

    private static async Task<IReadOnlyList<Series>> MeasureAsync(int workers, BenchOptions options, ResultSection section)
    {
        var storage = BenchStorage.Null(new NullBlobStore(Length));
        await using (storage.ConfigureAwait(false))
        {
            using var pipeline = await BenchPipeline.CreateAsync(storage.Account, new PipelineOptions { ChunksInFlight = workers }).ConfigureAwait(false);
            using var cse = new CseCopy(storage, workers);
            var plain = new PlainCopy(storage.Account, workers);
            return await Rounds.RunAsync(
                options.Rounds,
                section.Progress,
                new Contender("plain", () => plain.CopyAsync("plain", NullBlobStore.ETag, Length)),
                new Contender("ours", () => pipeline.CopyEncryptedAsync("ours", NullBlobStore.ETag, Length)),
                new Contender("CSE v2", () => cse.CopyAsync("cse", NullBlobStore.ETag))).ConfigureAwait(false);
        }
    }
}
