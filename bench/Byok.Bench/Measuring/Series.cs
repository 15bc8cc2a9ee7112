namespace Byok.Bench.Measuring;

/// <summary>All runs of one contender, by round.</summary>
internal sealed record Series(string Name, IReadOnlyList<Sample> Samples)
{
    /// <summary>Median elapsed seconds.</summary>
    public double Wall => Median(Samples.Select(sample => sample.WallSeconds));

    /// <summary>Median processor seconds.</summary>
    public double Cpu => Median(Samples.Select(sample => sample.CpuSeconds));

    /// <summary>Median allocated bytes.</summary>
    public double Allocated => Median(Samples.Select(sample => (double)sample.AllocatedBytes));

    /// <summary>
    /// Median over the rounds of this contender's figure through another's of the same round: what disturbs the machine for longer
    /// than a round disturbs both, and drops out.
    /// </summary>
    public double RatioTo(Series other, Func<Sample, double> figure) =>
        Median(Samples.Zip(other.Samples, (own, others) => figure(own) / figure(others)));

    /// <summary>The same for the difference.</summary>
    public double DifferenceTo(Series other, Func<Sample, double> figure) =>
        Median(Samples.Zip(other.Samples, (own, others) => figure(own) - figure(others)));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
