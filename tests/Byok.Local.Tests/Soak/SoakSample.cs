using System.Globalization;
using Byok.Pkcs11.Tokens;

namespace Byok.Local.Tests.Soak;

/// <summary>What the process holds at one moment.</summary>
/// <param name="ManagedMiB">Live objects, after a full collection.</param>
/// <param name="ResidentMiB">The process's resident memory.</param>
/// <param name="HeapMiB">What of it the collector keeps, live objects and room for new ones.</param>
/// <param name="Handles">Open file descriptors.</param>
/// <param name="Sessions">Open sessions of both tokens.</param>
internal sealed record SoakSample(double ManagedMiB, double ResidentMiB, double HeapMiB, int Handles, int Sessions)
{
    private const double MiB = 1024 * 1024;

    public static SoakSample Take(params Pkcs11Token[] tokens)
    {
        var resident = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new SoakSample(
            GC.GetTotalMemory(forceFullCollection: true) / MiB,
            long.Parse(resident["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture) / 1024.0,
            GC.GetGCMemoryInfo().TotalCommittedBytes / MiB,
            Directory.GetFiles("/proc/self/fd").Length,
            tokens.Sum(token => token.OpenSessions));
    }

    /// <summary>The middle of some samples, each figure for itself.</summary>
    public static SoakSample MedianOf(IReadOnlyCollection<SoakSample> samples)
    {
        T Middle<T>(Func<SoakSample, T> figure) => samples.Select(figure).Order().ElementAt(samples.Count / 2);
        return new SoakSample(Middle(s => s.ManagedMiB), Middle(s => s.ResidentMiB), Middle(s => s.HeapMiB), Middle(s => s.Handles), Middle(s => s.Sessions));
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"managed {ManagedMiB:0.0} MiB, resident {ResidentMiB:0} MiB ({HeapMiB:0} of them the collector's), {Handles} handles, {Sessions} sessions");
}
