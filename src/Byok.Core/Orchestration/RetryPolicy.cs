namespace Byok.Core.Orchestration;

/// <summary>How often and how patiently a failed activity is run again. Permanent failures are never retried.</summary>
/// <param name="MaxAttempts">Attempts in all, the first included.</param>
/// <param name="FirstDelay">Wait before the second attempt.</param>
/// <param name="BackoffCoefficient">Factor by which each wait grows.</param>
/// <param name="MaxDelay">Longest wait.</param>
public sealed record RetryPolicy(int MaxAttempts, TimeSpan FirstDelay, double BackoffCoefficient, TimeSpan MaxDelay)
{
    /// <summary>8 attempts, 1 s, doubling, at most 1 minute: waits out a throttled vault (1-2-4-8-16 s) and a restarting service.</summary>
    public static RetryPolicy Default { get; } = new(8, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1));
}
