using System.Globalization;
using System.Security.Cryptography;
using Byok.Bench.Measuring;
using Byok.Bench.Peers;
using Byok.Bench.Reporting;
using Byok.Core.Envelope;

namespace Byok.Bench.Benchmarks;

/// <summary>
/// Sealing chunks, each under a fresh BEK, against plain <see cref="AesGcm"/> under one key over the same buffers, with one worker and with two,
/// and against what OpenSSL's own benchmark reaches.
/// </summary>
internal static class ChunkCrypto
{
    private const int Chunk = PlainAesGcm.ChunkSizeInBytes;
    private const int ChunksPerRun = 64;

    /// <summary>A run takes a twentieth of a second, so many cost little, and noise has more to average out of.</summary>
    private const int RoundsPerRound = 5;

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        using var plain = new PlainAesGcm();
        using var plainSecond = new PlainAesGcm();
        var sealing = new SealingWorker();
        var second = new SealingWorker();
        var rounds = options.Rounds * RoundsPerRound;
        var series = await Rounds.RunAsync(
            rounds,
            TextWriter.Null,
            new Contender("plain AesGcm, one key", () => Do(() => plain.Encrypt(ChunksPerRun))),
            new Contender("chunk sealing, a fresh BEK each", () => Do(sealing.Work)),
            new Contender("plain AesGcm, two workers", () => Do(() => Parallel.Invoke(() => plain.Encrypt(ChunksPerRun), () => plainSecond.Encrypt(ChunksPerRun)))),
            new Contender("chunk sealing, two workers", () => Do(() => Parallel.Invoke(sealing.Work, second.Work)))).ConfigureAwait(false);
        var (p, s, plainPair, pair) = (series[0], series[1], series[2], series[3]);
        var openssl = OpenSsl();

        section.Text($"{rounds} rounds of {ChunksPerRun} chunks of 4 MiB.");
        section.Table("", "GB/s");
        section.Row(p.Name, Rate(p, 1));
        section.Row(s.Name, Rate(s, 1));
        section.Row(plainPair.Name, Rate(plainPair, 2));
        section.Row(pair.Name, Rate(pair, 2));
        section.Row("`openssl speed -evp aes-256-gcm`, blocks of 4 MiB", openssl is { } rate ? ResultSection.Format(rate) : "not installed");
        section.Targets();
        section.AtLeast("chunk sealing through plain AesGcm, by CPU", p.RatioTo(s, sample => sample.CpuSeconds), 0.97, "0.000");
        section.AtLeast("chunk sealing through plain AesGcm, by wall", p.RatioTo(s, sample => sample.WallSeconds), 0.97, "0.000");
        if (openssl is { } reference)
        {
            section.AtLeast("chunk sealing through `openssl speed`", ChunksPerRun * (double)Chunk / s.Samples.Min(sample => sample.CpuSeconds) / 1e9 / reference, 0.97, "0.000");
        }

        section.AtLeast("chunk sealing through plain AesGcm, two workers each, by wall", plainPair.RatioTo(pair, sample => sample.WallSeconds), 0.97, "0.000");
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static string Rate(Series series, int workers) => ResultSection.Format(workers * (double)ChunksPerRun * Chunk / series.Wall / 1e9);

    /// <summary>GB/s by OpenSSL's own count of processor time, the best of three; null when it is not there.</summary>
    private static double? OpenSsl()
    {
        double? best = null;
        for (var run = 0; run < 3; run++)
        {
            var line = MachineFacts.Run("openssl", "speed", "-evp", "aes-256-gcm", "-bytes", $"{Chunk}", "-seconds", "1").Split('\n')[^1];
            var figure = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).LastOrDefault()?.TrimEnd('k');
            if (double.TryParse(figure, CultureInfo.InvariantCulture, out var thousandBytes))
            {
                best = Math.Max(best ?? 0, thousandBytes / 1e6);
            }
        }

        return best;
    }

    private sealed class SealingWorker
    {
        private readonly byte[] _buffer = new byte[Chunk + 16];
        private readonly byte[] _bek = new byte[32];

        public void Work()
        {
            for (var i = 0; i < ChunksPerRun; i++)
            {
                ChunkCipher.Seal(_buffer, _bek);
            }
        }
    }
}
