namespace Byok.Cli.Planning;

/// <summary>What an operation will need, and how long it takes at the least.</summary>
/// <param name="Operation">The operation, in words.</param>
/// <param name="Demand">What it asks of the services.</param>
/// <param name="Bottlenecks">What could hold it up, the narrowest first.</param>
public sealed record OperationForecast(string Operation, OperationDemand Demand, IReadOnlyList<Bottleneck> Bottlenecks)
{
    /// <summary>What limits it.</summary>
    public Bottleneck LimitedBy => Bottlenecks[0];

    /// <summary>The time that the narrowest limit leaves. People who approve, waits for caches to empty, and grace times come on top.</summary>
    public TimeSpan Time => LimitedBy.Time;
}
