using System.Diagnostics;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Bench.Measuring;
using Byok.Bench.Peers;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;

namespace Byok.Bench.Benchmarks;

/// <summary>A rotation of many small blobs, against Azure's own UpdateClientSideKeyEncryptionKeyAsync over blobs of the same names and contents.</summary>
internal static class Rotation
{
    private const int Length = 1024;
    private const int SizeInBits = 2048;
    private const int InFlight = 16;

    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(1);

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        section.Text(
            $"{options.SmallBlobs} blobs of {Length} bytes on one Azurite, RSA-{SizeInBits} and OAEP with SHA-256 in this process for both. Ours is the whole operation on the embedded engine: " +
            "bring the new key, move every blob page by page, write the ledger, pass over everything again as proof, disable the old version. " +
            "The peer is its listing and UpdateClientSideKeyEncryptionKeyAsync for each blob, which reads the blob's properties and writes them; it keeps no record and proves nothing.");
        section.Text("On loopback, where a request takes as long as the emulator's one thread works on it:");
        await MeasureAsync(options, section, TimeSpan.Zero).ConfigureAwait(false);
        section.Text(
            $"The same, with each request to storage and each unwrap, ours and the peer's, on its way for a timer of {RoundTrip.TotalMilliseconds} ms, which is " +
            $"{await TimerAsync().ConfigureAwait(false):0.0} ms here:");
        await MeasureAsync(options, section, RoundTrip).ConfigureAwait(false);
    }

    private static async Task MeasureAsync(BenchOptions options, ResultSection section, TimeSpan roundTrip)
    {
        var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
        await using (storage.ConfigureAwait(false))
        {
            var counters = (Ours: new RequestCounter(), Loop: new RequestCounter(), Parallel: new RequestCounter());
            using var keys = new LocalKeyRing(SizeInBits, roundTrip);
            keys.Add();
            var loop = storage.OpenEncrypting(Encryption(keys), counters.Loop, roundTrip);
            var parallel = storage.OpenEncrypting(Encryption(keys), counters.Parallel, roundTrip);
            var ours = await RotationStack.StartAsync(storage.ConnectionString, counters.Ours, SizeInBits, roundTrip).ConfigureAwait(false);
            await using (ours.ConfigureAwait(false))
            {
                await SeedAsync(options, ours, parallel).ConfigureAwait(false);
                counters.Ours.Reset();
                counters.Parallel.Reset();
                var unwraps = ours.Vault.Unwraps;

                var series = await Rounds.RunAsync(
                    options.Rounds,
                    section.Progress,
                    new Contender("ours: the whole RotateKey", async () => await RotateAsync(ours).ConfigureAwait(false), ours.PrepareAsync),
                    new Contender("Azure CSE, one after the other", () => UpdateAsync(loop, keys, 1)),
                    new Contender($"Azure CSE, {InFlight} at once", () => UpdateAsync(parallel, keys, InFlight))).ConfigureAwait(false);

                var runs = (options.Rounds + 1.0) * options.SmallBlobs;
                var requests = counters.Ours.Requests / runs;
                section.Table("contender", "blobs per s", "ms CPU per blob", "storage requests per blob", "unwraps per blob");
                Row(section, options, series[0], requests, (ours.Vault.Unwraps - unwraps) / runs);
                Row(section, options, series[1], counters.Loop.Requests / runs, 1);
                Row(section, options, series[2], counters.Parallel.Requests / runs, 1);
                section.Targets();
                section.AtLeast("blobs per s, ours through the peer's loop", series[1].RatioTo(series[0], sample => sample.WallSeconds), 3);
                section.AtMost("storage requests per blob, everything included", requests, 1.02, "0.000");
                section.Table("ratio", "measured");
                section.Row($"blobs per s, ours through the peer with {InFlight} at once", ResultSection.Format(series[2].RatioTo(series[0], sample => sample.WallSeconds)));
            }
        }
    }

    /// <summary>What the round trip's timer really takes, in milliseconds: timers have a grain.</summary>
    private static async Task<double> TimerAsync()
    {
        const int times = 100;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            await Task.Delay(RoundTrip).ConfigureAwait(false);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / times;
    }

    private static Task SeedAsync(BenchOptions options, RotationStack ours, BlobContainerClient peer) =>
        Parallel.ForAsync(0, options.SmallBlobs, new ParallelOptions { MaxDegreeOfParallelism = InFlight }, async (index, stop) =>
        {
            var content = new byte[Length];
            BitConverter.TryWriteBytes(content, index);
            await ours.SeedAsync(NameOf(index), content).ConfigureAwait(false);
            await peer.GetBlobClient(NameOf(index)).UploadAsync(BinaryData.FromBytes(content), stop).ConfigureAwait(false);
        });

    private static async Task RotateAsync(RotationStack ours)
    {
        var result = await ours.RotateAsync().ConfigureAwait(false);
        if (result.Kept.Count != 0 || result.Disabled.Count != 1)
        {
            throw new InvalidOperationException($"The rotation disabled {result.Disabled.Count} versions.");
        }
    }

    private static async Task UpdateAsync(BlobContainerClient container, LocalKeyRing keys, int inFlight)
    {
        keys.Add();
        var options = new ParallelOptions { MaxDegreeOfParallelism = inFlight };
        await Parallel.ForEachAsync(container.GetBlobsAsync(new GetBlobsOptions()), options, async (blob, stop) =>
            await container.GetBlobClient(blob.Name).UpdateClientSideKeyEncryptionKeyAsync(Encryption(keys), cancellationToken: stop).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static ClientSideEncryptionOptions Encryption(LocalKeyRing keys) =>
        new(ClientSideEncryptionVersion.V2_0) { KeyEncryptionKey = keys.Current, KeyResolver = keys, KeyWrapAlgorithm = LocalKey.Algorithm };

    private static void Row(ResultSection section, BenchOptions options, Series series, double requests, double unwraps) => section.Row(
        series.Name,
        ResultSection.Format(options.SmallBlobs / series.Wall, "0"),
        ResultSection.Format(series.Cpu * 1000 / options.SmallBlobs),
        ResultSection.Format(requests, "0.000"),
        ResultSection.Format(unwraps, "0.000"));

    private static string NameOf(int index) => $"blob-{index:D6}";
}
