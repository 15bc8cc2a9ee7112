using Byok.Bench.Measuring;
using Byok.Bench.Peers;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;
using Byok.Pipeline;

namespace Byok.Bench.Benchmarks;

/// <summary>
/// One large blob on the emulator, range read to committed: without encryption, encrypted, through the peer, and as the orchestration that
/// an upload starts.
/// </summary>
internal static class WholeCopy
{
    private const double GiB = 1024.0 * 1024 * 1024;
    private const int Activities = 2;
    private const string Name = "large";

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        // The plaintext is kept, so that all rounds read the same upload; disposing of it is one request more.
        var settings = new PipelineOptions { Disposal = PlaintextDisposal.Keep };
        var workers = Activities * settings.ChunksInFlight;
        var storage = await BenchStorage.StartAzuriteAsync().ConfigureAwait(false);
        await using (storage.ConfigureAwait(false))
        {
            var (_, etag, length) = await storage.UploadLargeAsync(Name, options).ConfigureAwait(false);
            using var direct = await BenchPipeline.CreateAsync(storage.Account, settings with { ChunksInFlight = workers }).ConfigureAwait(false);
            using var orchestrated = await BenchPipeline.CreateAsync(storage.Account, settings).ConfigureAwait(false);
            using var cse = new CseCopy(storage, workers);
            using var aes = new PlainAesGcm();
            var plain = new PlainCopy(storage.Account, workers);
            var engine = await BenchEngine.StartAsync(orchestrated, Activities).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                Task CleanAsync() => storage.Account.Protected.Client.GetBlobClient(Name).DeleteIfExistsAsync();
                var series = await Rounds.RunAsync(
                    options.Rounds,
                    section.Progress,
                    new Contender("plain copy", () => plain.CopyAsync(Name, etag, length), CleanAsync),
                    new Contender("ours, direct", () => direct.CopyEncryptedAsync(Name, etag, length), CleanAsync),
                    new Contender("CSE v2", () => cse.CopyAsync(Name, etag), CleanAsync),
                    new Contender("ours, orchestrated", () => engine.EncryptAsync(Name, etag), CleanAsync),
                    new Contender("AES-GCM of as many chunks, no copy", () => EncryptAsync(aes, length))).ConfigureAwait(false);
                Write(section, length, workers, series);
            }
        }
    }

    private static void Write(ResultSection section, long length, int workers, IReadOnlyList<Series> series)
    {
        section.Text(
            $"{length / GiB:0.##} GiB on Azurite, {workers} chunks of 4 MiB under way. CPU is that of the client process alone; the emulator, a process of its own on the " +
            "same machine, bounds the wall time.");
        section.Text(
            "Plain and direct do the same steps (range reads, stage, commit), direct seals as well. CSE v2 reads the source 4 MiB at a time and uploads blocks of 4 MiB. " +
            $"Orchestrated is everything that an upload starts: scheduled on the embedded engine, {Activities} activities at a time, segments of 64 MiB, every step in the journal, " +
            "committed, the DEK unwrapped anew, first, last and a random chunk read back and verified, the ledger written.");
        section.Table("contender", "wall s", "MB/s", "CPU s per GiB");
        foreach (var one in series)
        {
            section.Row(one.Name, ResultSection.Format(one.Wall), ResultSection.Format(length / one.Wall / 1e6, "0"), ResultSection.Format(one.Cpu * GiB / length));
        }

        var (plain, direct, cse, orchestrated, alone) = (series[0], series[1], series[2], series[3], series[4]);
        section.Targets();
        section.AtMost($"CPU s per GiB that encryption adds to the plain copy; AES-GCM alone takes {ResultSection.Format(alone.Cpu * GiB / length)} here", direct.DifferenceTo(plain, sample => sample.CpuSeconds) * GiB / length, 0.30);
        section.AtLeast("speed of direct through plain, by wall", plain.RatioTo(direct, sample => sample.WallSeconds), 0.95);
        section.AtMost("CPU of direct through CSE v2", direct.RatioTo(cse, sample => sample.CpuSeconds), 0.67);
        section.AtMost("time of orchestrated through direct, by wall", orchestrated.RatioTo(direct, sample => sample.WallSeconds), 1.10);
        section.AtMost("time of orchestrated through plain, by wall", orchestrated.RatioTo(plain, sample => sample.WallSeconds), 1.10);
    }

    private static Task EncryptAsync(PlainAesGcm aes, long length)
    {
        aes.Encrypt(length / PlainAesGcm.ChunkSizeInBytes);
        return Task.CompletedTask;
    }
}
