using Byok.Core.Orchestration;

namespace Byok.Pipeline.BringKey;

/// <summary>Retry policies of this ceremony.</summary>
internal static class BringKeyRetries
{
    /// <summary>For calls to the agent, which may be offline for hours: up to about a day, at most 5 minutes apart.</summary>
    public static RetryPolicy Patient { get; } = new(300, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(5));
}
