using System.Diagnostics;
using System.Security.Cryptography;
using Byok.Core.Envelope;

namespace Byok.Bench;

/// <summary>
/// Sealing chunks, each under a fresh BEK, against plain <see cref="AesGcm"/> under one key, over the same buffers in the same run;
/// and two workers against one. Rounds alternate, so that a noisy machine disturbs both alike; the medians are compared.
/// </summary>
internal static class ChunkCrypto
{
    private const int Chunk = 4 * 1024 * 1024;
    private const int ChunksPerRound = 64;
    private const int Rounds = 15;

    public static int Run()
    {
        using var plain = new PlainWorker();
        var sealing = new SealingWorker();
        var second = new SealingWorker();
        Warm(plain.Work, sealing.Work, second.Work);

        var plainTimes = new List<double>();
        var sealTimes = new List<double>();
        var pairTimes = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            plainTimes.Add(Time(plain.Work));
            sealTimes.Add(Time(sealing.Work));
            pairTimes.Add(Time(() => Parallel.Invoke(sealing.Work, second.Work)));
        }

        var (p, s, d) = (Median(plainTimes), Median(sealTimes), Median(pairTimes));
        Console.WriteLine($"{Rounds} rounds of {ChunksPerRound} chunks of 4 MiB, medians");
        Console.WriteLine($"  plain AesGcm, one key              {Rate(p, 1):0.00} GB/s");
        Console.WriteLine($"  chunk sealing, a fresh BEK each    {Rate(s, 1):0.00} GB/s   {p / s:0.000} of plain");
        Console.WriteLine($"  chunk sealing, two workers         {Rate(d, 2):0.00} GB/s   {2 * s / d:0.00} times one worker");
        return 0;
    }

    private static void Warm(params Action[] actions)
    {
        foreach (var action in actions)
        {
            action();
        }
    }

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Rate(double seconds, int workers) => workers * (double)ChunksPerRound * Chunk / seconds / 1e9;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed class PlainWorker : IDisposable
    {
        private readonly byte[] _buffer = new byte[Chunk + 16];
        private readonly AesGcm _gcm = new(RandomNumberGenerator.GetBytes(32), 16);
        private readonly byte[] _nonce = new byte[12];

        public void Work()
        {
            for (var i = 0; i < ChunksPerRound; i++)
            {
                BitConverter.TryWriteBytes(_nonce, i);
                _gcm.Encrypt(_nonce, _buffer.AsSpan(0, Chunk), _buffer.AsSpan(0, Chunk), _buffer.AsSpan(Chunk));
            }
        }

        public void Dispose() => _gcm.Dispose();
    }

    private sealed class SealingWorker
    {
        private readonly byte[] _buffer = new byte[Chunk + 16];
        private readonly byte[] _bek = new byte[32];
        private readonly ChunkCipher _cipher = new(BlobId.New(), new BlobLayout((long)ChunksPerRound * Chunk, Chunk, 16));

        public void Work()
        {
            for (var i = 0; i < ChunksPerRound; i++)
            {
                _cipher.Seal(i, _buffer, _bek);
            }
        }
    }
}
