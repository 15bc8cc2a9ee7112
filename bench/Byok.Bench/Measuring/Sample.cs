namespace Byok.Bench.Measuring;

/// <summary>One run of one contender.</summary>
/// <param name="WallSeconds">Elapsed time.</param>
/// <param name="CpuSeconds">Processor time of this whole process, user and system.</param>
/// <param name="AllocatedBytes">Managed bytes allocated by all threads.</param>
internal sealed record Sample(double WallSeconds, double CpuSeconds, long AllocatedBytes);
