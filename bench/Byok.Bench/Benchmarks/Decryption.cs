using System.Security.Cryptography;
using Byok.Bench.Measuring;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Storage;

namespace Byok.Bench.Benchmarks;

/// <summary>Reading: a whole blob against reading its bytes without decrypting them, and 1 KiB at random places of a 10 GiB blob.</summary>
internal static class Decryption
{
    private const int Workers = 4;
    private const int Places = 20;
    private const double GiB = 1024.0 * 1024 * 1024;

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        await ReadWholeAsync(options, section).ConfigureAwait(false);
        await ReadPlacesAsync(section).ConfigureAwait(false);
    }

    private static async Task ReadWholeAsync(BenchOptions options, ResultSection section)
    {
        const string name = "whole";
        var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
        await using (storage.ConfigureAwait(false))
        {
            var (_, etag, length) = await storage.UploadLargeAsync(name, options).ConfigureAwait(false);
            var counters = (Plain: new RequestCounter(), Ours: new RequestCounter());
            var plain = storage.Open(counters.Plain);
            using var pipeline = await BenchPipeline.CreateAsync(storage.Open(counters.Ours)).ConfigureAwait(false);
            await pipeline.CopyEncryptedAsync(name, etag, length, chunksPerSegment: 16).ConfigureAwait(false);
            counters.Ours.Reset();
            var series = await Rounds.RunAsync(
                options.Rounds,
                section.Progress,
                new Contender("plain, the same blob by the same ranges", () => DownloadAsync(plain.Protected, name)),
                new Contender("decrypted", () => DecryptAsync(pipeline, name, Workers))).ConfigureAwait(false);

            section.Text($"A whole blob of {length / GiB:0.##} GiB from Azurite, {Workers} chunks under way, the bytes thrown away.");
            section.Table("contender", "wall s", "CPU s per GiB", "requests", "bytes read through bytes wanted");
            Row(section, series[0], counters.Plain, options, length);
            Row(section, series[1], counters.Ours, options, length);
            section.Targets();
            section.AtMost("CPU s per GiB that decryption adds", series[1].DifferenceTo(series[0], sample => sample.CpuSeconds) * GiB / length, 0.30);
            section.AtLeast("speed of decrypting through plain, by wall", series[0].RatioTo(series[1], sample => sample.WallSeconds), 0.95);
        }
    }

    private static void Row(ResultSection section, Series series, RequestCounter counter, BenchOptions options, long length)
    {
        var runs = options.Rounds + 1;
        section.Row(
            series.Name,
            ResultSection.Format(series.Wall),
            ResultSection.Format(series.Cpu * GiB / length),
            ResultSection.Format(counter.Requests / (double)runs, "0"),
            ResultSection.Format(counter.BytesRead / (double)runs / length, "0.000000"));
    }

    /// <summary>Reads a protected blob's bytes as decryption does, first range and description in one, and does nothing with them.</summary>
    private static async Task DownloadAsync(ProtectedContainer container, string name)
    {
        const int chunk = (4 * 1024 * 1024) + EnvelopeFormat.TagSizeInBytes;
        var (stored, source) = await container.OpenAtStartAsync(name, chunk, CancellationToken.None).ConfigureAwait(false);
        using (source)
        {
            using var pool = new ChunkBufferPool(chunk, Workers);
            await Parallel.ForAsync(0L, (stored.Length + chunk - 1) / chunk, new ParallelOptions { MaxDegreeOfParallelism = Workers }, async (index, stop) =>
            {
                using var buffer = await pool.RentAsync(stop).ConfigureAwait(false);
                await source.ReadAsync(index * chunk, buffer.Memory[..(int)Math.Min(chunk, stored.Length - (index * chunk))], stop).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Reads a whole blob and throws the plaintext away.</summary>
    internal static async Task DecryptAsync(BenchPipeline pipeline, string name, int workers)
    {
        var blob = await pipeline.Catalog.Reader.OpenAtStartAsync(name, PinFreshness.Now, CancellationToken.None).ConfigureAwait(false);
        await using (blob.ConfigureAwait(false))
        {
            await EnvelopeDownload.CopyToAsync(blob.Envelope, workers, (_, _, _) => ValueTask.CompletedTask).ConfigureAwait(false);
        }
    }

    /// <summary>The 10 GiB are written through the real path into a store that keeps the table and a few chunks, and read where it kept them.</summary>
    private static async Task ReadPlacesAsync(ResultSection section)
    {
        const string name = "places";
        const long length = 10L * 1024 * 1024 * 1024;
        const int wanted = 1024;
        using var store = new NullBlobStore(length, keepOneIn: 64);
        var storage = BenchStorage.Null(store);
        await using (storage.ConfigureAwait(false))
        {
            using var pipeline = await BenchPipeline.CreateAsync(storage.Account).ConfigureAwait(false);
            await pipeline.CopyEncryptedAsync(name, NullBlobStore.ETag, length, chunksPerSegment: 16).ConfigureAwait(false);
            var places = store.KeptBlocks(NullBlobStore.PathOf(storage.Account.Protected.Client.GetBlobClient(name).Uri)).Take(Places).ToArray();
            RandomNumberGenerator.Shuffle(places.AsSpan());

            var (separate, together) = (new Tally(), new Tally());
            storage.Counter.Reset();
            foreach (var (offset, stored) in places)
            {
                await ReadAsync(pipeline, name, [(offset, stored)], wanted).ConfigureAwait(false);
            }

            separate.Take(storage.Counter, pipeline.Vault.Unwraps);
            var unwraps = pipeline.Vault.Unwraps;
            await ReadAsync(pipeline, name, places, wanted).ConfigureAwait(false);
            together.Take(storage.Counter, pipeline.Vault.Unwraps - unwraps);

            section.Text(
                $"1 KiB at each of {places.Length} random places of a blob of 10 GiB (2,560 chunks, table in the tail). The blob was written through the real path to a store in memory " +
                "that keeps the table and about one chunk in 64; the places are in chunks that it kept. A chunk is the least that can be verified, so 4 MiB are read for each place.");
            section.Table("per place of 1 KiB", "requests", "bytes read", "vault calls");
            separate.Row(section, "blob opened anew for each", places.Length);
            together.Row(section, "blob opened once", places.Length);
        }
    }

    private static async Task ReadAsync(BenchPipeline pipeline, string name, IReadOnlyList<(long Offset, long Length)> places, int count)
    {
        var blob = await pipeline.Catalog.Reader.OpenAsync(name, PinFreshness.Now, CancellationToken.None).ConfigureAwait(false);
        await using (blob.ConfigureAwait(false))
        {
            await using var plaintext = new DecryptingStream(blob.Envelope);
            var buffer = new byte[count];
            foreach (var (offset, stored) in places)
            {
                var chunk = offset / stored;
                plaintext.Position = (chunk * blob.Header.ChunkSizeInBytes) + RandomNumberGenerator.GetInt32(blob.Header.ChunkSizeInBytes - count);
                await plaintext.ReadExactlyAsync(buffer).ConfigureAwait(false);
            }
        }
    }

    private sealed class Tally
    {
        private long _requests;
        private long _bytes;
        private long _unwraps;

        public void Take(RequestCounter counter, int unwraps)
        {
            (_requests, _bytes, _unwraps) = (counter.Requests, counter.BytesRead, unwraps);
            counter.Reset();
        }

        public void Row(ResultSection section, string what, int places) => section.Row(
            what,
            ResultSection.Format(_requests / (double)places),
            ResultSection.Format(_bytes / (double)places, "N0"),
            ResultSection.Format(_unwraps / (double)places));
    }
}
