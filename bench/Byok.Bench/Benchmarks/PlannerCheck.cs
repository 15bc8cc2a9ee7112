using Byok.Bench.Reporting;
using Byok.Bench.Stack;
using Byok.Cli.Planning;
using Byok.Pipeline;
using Byok.Pipeline.RetireBranch;

namespace Byok.Bench.Benchmarks;

/// <summary>Compares what the planner says that operations ask of storage and vault with what they ask when they run.</summary>
internal static class PlannerCheck
{
    private const long MiB = 1024 * 1024;

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        section.Text(
            "What `byok plan` counts for an operation, and what the operation asked for when it ran on Azurite with the embedded engine. Requests are those to the containers of uploads and " +
            "protected blobs. Appends to the ledger are planned as two a blob at most, and are fewer when several wait; what is measured has in it the few requests by which an operation " +
            "finds the ledger's end and claims a key. Met means that planned and measured requests and unwraps are the same.");
        section.Table("operation", "requests planned", "measured", "unwraps planned", "measured", "ledger planned", "measured", "met");
        foreach (var (blobs, length) in new (int Blobs, long Length)[] { (40, 4096L), (6, 5 * MiB), (2, 65 * MiB), (1, 480 * MiB) })
        {
            await CompareAsync(section, blobs, length).ConfigureAwait(false);
        }
    }

    private static async Task CompareAsync(ResultSection section, int blobs, long length)
    {
        var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
        await using (storage.ConfigureAwait(false))
        {
            var etags = new List<string>();
            for (var i = 0; i < blobs; i++)
            {
                etags.Add((await storage.UploadAsync($"{i}", length).ConfigureAwait(false)).ETag.ToString());
            }

            var counter = new RequestCounter();
            using var pipeline = await BenchPipeline.CreateAsync(storage.Open(counter), new PipelineOptions { KeyCacheTime = TimeSpan.FromSeconds(2), GracePeriod = TimeSpan.FromSeconds(1) }).ConfigureAwait(false);
            var engine = await BenchEngine.StartAsync(pipeline).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                var work = new PlannedWork { Blobs = blobs, Bytes = blobs * length };
                await Task.WhenAll(etags.Select((etag, index) => engine.EncryptAsync($"{index}", etag))).ConfigureAwait(false);
                Row(section, $"encrypt {blobs} of {length} bytes", DemandModel.Encrypt(work), counter, pipeline.Vault.Unwraps);

                // A retirement of another day: no branch key is in memory any more.
                var unwraps = pipeline.Vault.Unwraps;
                counter.Reset();
                pipeline.Catalog.Branches.Forget();
                await engine.RunAsync(RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = BenchPipeline.KeyName }).ConfigureAwait(false);
                Row(section, $"retire the branch of {blobs} of {length} bytes", DemandModel.Retire(work), counter, pipeline.Vault.Unwraps - unwraps);
            }
        }
    }

    private static void Row(ResultSection section, string what, OperationDemand planned, RequestCounter counter, int unwraps) => section.Row(
        what,
        $"{planned.StorageRequests}",
        $"{counter.DataRequests}",
        $"{planned.VaultUnwraps}",
        $"{unwraps}",
        $"≤ {planned.LedgerAppendsAtMost}",
        $"{counter.Requests - counter.DataRequests}",
        planned.StorageRequests == counter.DataRequests && (int)planned.VaultUnwraps == unwraps ? "yes" : "**no**");
}
