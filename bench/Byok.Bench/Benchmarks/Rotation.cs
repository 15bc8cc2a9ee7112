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

/// <summary>
/// A rotation, which wraps branch keys anew and touches no blob: what it asks of storage and vault with ever more blobs, and how long it takes against Azure's own
/// UpdateClientSideKeyEncryptionKeyAsync over blobs of the same names and contents.
/// </summary>
internal static class Rotation
{
    private const int Length = 1024;
    private const int SizeInBits = 2048;
    private const int InFlight = 16;

    private static readonly int[] Sizes = [10, 1_000, 100_000];

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        await CountAsync(section).ConfigureAwait(false);
        await RaceAsync(options, section).ConfigureAwait(false);
    }

    private static async Task CountAsync(ResultSection section)
    {
        section.Text(
            $"What one rotation asks for, with {string.Join(", ", Sizes.Select(size => $"{size:N0}"))} protected blobs of {Length} bytes on one Azurite, each in the ledger. " +
            "It is the whole operation: bring the new key, wrap the branch by it, prove, record, activate, disable the old version.");
        section.Table("blobs", "requests to storage", "calls of the vault", "wall s", "protected blobs written");
        var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
        await using (storage.ConfigureAwait(false))
        {
            var counter = new RequestCounter();
            var stack = await RotationStack.StartAsync(storage.ConnectionString, counter, SizeInBits).ConfigureAwait(false);
            await using (stack.ConfigureAwait(false))
            {
                var (seeded, requests, calls) = (0, new List<long>(), new List<int>());
                foreach (var size in Sizes)
                {
                    await SeedAsync(seeded, size, stack, peer: null).ConfigureAwait(false);
                    seeded = size;
                    await stack.PrepareAsync().ConfigureAwait(false);
                    var before = await stack.StatesAsync().ConfigureAwait(false);
                    counter.Reset();
                    var (callsBefore, start) = (stack.VaultCalls, Stopwatch.GetTimestamp());
                    await RotateAsync(stack).ConfigureAwait(false);
                    var wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    requests.Add(counter.Requests);
                    calls.Add(stack.VaultCalls - callsBefore);
                    var written = (await stack.StatesAsync().ConfigureAwait(false)).Except(before).Count();
                    section.Row($"{size:N0}", $"{requests[^1]}", $"{calls[^1]}", ResultSection.Format(wall), $"{written}");
                }

                section.Targets();
                section.AtMost("requests and calls with most blobs through those with fewest", (requests[^1] + calls[^1]) / (double)(requests[0] + calls[0]), 1);
            }
        }
    }

    private static async Task RaceAsync(BenchOptions options, ResultSection section)
    {
        var blobs = options.RotatedBlobs;
        section.Text(
            $"{blobs:N0} blobs of {Length} bytes on one Azurite, RSA-{SizeInBits} and OAEP with SHA-256 in this process for both. The peer is its listing and " +
            "UpdateClientSideKeyEncryptionKeyAsync for each blob, which reads the blob's properties and writes them; it keeps no record and proves nothing.");
        var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
        await using (storage.ConfigureAwait(false))
        {
            var counters = (Ours: new RequestCounter(), Loop: new RequestCounter(), Parallel: new RequestCounter());
            using var keys = new LocalKeyRing(SizeInBits);
            keys.Add();
            var loop = storage.OpenEncrypting(Encryption(keys), counters.Loop);
            var parallel = storage.OpenEncrypting(Encryption(keys), counters.Parallel);
            var ours = await RotationStack.StartAsync(storage.ConnectionString, counters.Ours, SizeInBits).ConfigureAwait(false);
            await using (ours.ConfigureAwait(false))
            {
                await SeedAsync(0, blobs, ours, parallel).ConfigureAwait(false);
                await ours.PrepareAsync().ConfigureAwait(false);
                counters.Ours.Reset();
                counters.Parallel.Reset();
                ours.Activations.Clear();

                var series = await Rounds.RunAsync(
                    options.Rounds,
                    section.Progress,
                    new Contender("ours: the whole RotateKey", async () => await RotateAsync(ours).ConfigureAwait(false), ours.PrepareAsync),
                    new Contender("Azure CSE, one after the other", () => UpdateAsync(loop, keys, 1)),
                    new Contender($"Azure CSE, {InFlight} at once", () => UpdateAsync(parallel, keys, InFlight))).ConfigureAwait(false);

                var runs = options.Rounds + 1.0;
                var activations = new Series("ours: from the proof of the import to the activation", [.. ours.Activations.Skip(1).Select(seconds => new Sample(seconds, 0, 0))]);
                section.Table("contender", "wall s", "CPU s", "storage requests");
                section.Row(activations.Name, ResultSection.Format(activations.Wall, "0.0000"), string.Empty, string.Empty);
                Row(section, series[0], counters.Ours.Requests / runs);
                Row(section, series[1], counters.Loop.Requests / runs);
                Row(section, series[2], counters.Parallel.Requests / runs);
                section.Targets();
                section.AtLeast("time of the peer's loop through ours, proof to activation", series[1].RatioTo(activations, sample => sample.WallSeconds), 50);
                section.Table("ratio", "measured");
                section.Row("time of the peer's loop through ours, the whole operation with its new key", ResultSection.Format(series[1].RatioTo(series[0], sample => sample.WallSeconds)));
                section.Row($"time of the peer with {InFlight} at once through ours, proof to activation", ResultSection.Format(series[2].RatioTo(activations, sample => sample.WallSeconds)));
            }
        }
    }

    private static Task SeedAsync(int from, int to, RotationStack ours, BlobContainerClient? peer) =>
        Parallel.ForAsync(from, to, new ParallelOptions { MaxDegreeOfParallelism = 2 * InFlight }, async (index, stop) =>
        {
            var content = new byte[Length];
            BitConverter.TryWriteBytes(content, index);
            await ours.SeedAsync(NameOf(index), content).ConfigureAwait(false);
            if (peer is not null)
            {
                await peer.GetBlobClient(NameOf(index)).UploadAsync(BinaryData.FromBytes(content), stop).ConfigureAwait(false);
            }
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

    private static void Row(ResultSection section, Series series, double requests) =>
        section.Row(series.Name, ResultSection.Format(series.Wall), ResultSection.Format(series.Cpu), ResultSection.Format(requests, "N0"));

    private static string NameOf(int index) => $"blob-{index:D6}";
}
