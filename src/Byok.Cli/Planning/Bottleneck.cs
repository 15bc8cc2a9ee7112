namespace Byok.Cli.Planning;

/// <summary>How long an operation takes if one limit alone held it up.</summary>
/// <param name="Name">The limit, in words.</param>
/// <param name="Demand">How much the operation needs.</param>
/// <param name="PerSecond">How much there is in a second.</param>
/// <param name="Source">Where the limit is published; null when it is assumed.</param>
public sealed record Bottleneck(string Name, double Demand, double PerSecond, Uri? Source)
{
    /// <summary>The time it takes.</summary>
    public TimeSpan Time
    {
        get
        {
            var seconds = Demand / PerSecond;
            return seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        }
    }
}
