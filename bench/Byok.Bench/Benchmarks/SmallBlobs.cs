using Azure;
using Azure.Storage.Blobs.Models;
using Byok.Bench.Measuring;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;
using Byok.Pipeline;

namespace Byok.Bench.Benchmarks;

/// <summary>Many blobs of 4 KiB, each an orchestration of its own, against a plain loop that reads and writes them.</summary>
internal static class SmallBlobs
{
    private const int Length = 4096;
    private const int InFlight = 16;

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
        await using (storage.ConfigureAwait(false))
        {
            var etags = new string[options.SmallBlobs];
            await ForAllAsync(options, async index =>
                etags[index] = (await storage.UploadAsync(NameOf(index), Length).ConfigureAwait(false)).ETag.ToString()).ConfigureAwait(false);

            var counters = (Plain: new RequestCounter(), Ours: new RequestCounter());
            var plain = storage.Open(counters.Plain);
            using var pipeline = await BenchPipeline.CreateAsync(storage.Open(counters.Ours), new PipelineOptions { Disposal = PlaintextDisposal.Keep }).ConfigureAwait(false);
            var engine = await BenchEngine.StartAsync(pipeline, InFlight).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                Task CleanAsync() => ForAllAsync(options, index => storage.Account.Protected.Client.GetBlobClient(NameOf(index)).DeleteIfExistsAsync());
                var series = await Rounds.RunAsync(
                    options.Rounds,
                    section.Progress,
                    new Contender("plain copy loop", () => ForAllAsync(options, async index =>
                    {
                        var content = await plain.Uploads.Client.GetBlobClient(NameOf(index)).DownloadContentAsync(
                            new BlobDownloadOptions { Conditions = new BlobRequestConditions { IfMatch = new ETag(etags[index]) } }).ConfigureAwait(false);
                        await plain.Protected.Client.GetBlobClient(NameOf(index)).UploadAsync(content.Value.Content, overwrite: false).ConfigureAwait(false);
                    }), CleanAsync),
                    new Contender("ours, orchestrated", () => ForAllAsync(options, index => engine.EncryptAsync(NameOf(index), etags[index])), CleanAsync)).ConfigureAwait(false);

                section.Text(
                    $"{options.SmallBlobs} blobs of {Length} bytes on Azurite, {InFlight} under way. Ours reads the upload's properties and the upload, " +
                    "writes on condition, opens the result anew, verifies it and writes the ledger (appends of blobs that end together are one). " +
                    "Both read the version that they were told, and write where there is nothing yet. The vault is asked once a minute.");
                section.Table("contender", "blobs per s", "ms CPU per blob", "storage requests per blob");
                Row(section, options, series[0], counters.Plain);
                Row(section, options, series[1], counters.Ours);
                section.Table("ratio", "measured");
                section.Row("ours through plain, by wall", ResultSection.Format(series[0].RatioTo(series[1], sample => sample.WallSeconds)));
                section.Row("ours through plain, by requests", ResultSection.Format(counters.Ours.Requests / (double)counters.Plain.Requests));
            }
        }
    }

    private static void Row(ResultSection section, BenchOptions options, Series series, RequestCounter counter) => section.Row(
        series.Name,
        ResultSection.Format(options.SmallBlobs / series.Wall, "0"),
        ResultSection.Format(series.Cpu * 1000 / options.SmallBlobs),
        ResultSection.Format(counter.Requests / (double)(options.Rounds + 1) / options.SmallBlobs));

    private static string NameOf(int index) => $"small/{index:D6}";

    private static Task ForAllAsync(BenchOptions options, Func<int, Task> action) =>
        Parallel.ForAsync(0, options.SmallBlobs, new ParallelOptions { MaxDegreeOfParallelism = InFlight }, async (index, _) => await action(index).ConfigureAwait(false));
}
