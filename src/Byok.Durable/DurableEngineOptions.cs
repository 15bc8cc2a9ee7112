namespace Byok.Durable;

/// <summary>How an engine works.</summary>
public sealed class DurableEngineOptions
{
    /// <summary>Activities that run at a time. Default: the number of processors.</summary>
    public int MaxConcurrentActivities { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// How often the journal is asked for what other processes did: events they raised, instances they scheduled or left behind. Default: 200 ms.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a stopping engine waits for activities to obey their cancellation. Default: 10 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Called around each write of the journal; what it throws ends the engine as a kill would.</summary>
    internal Action<JournalWritePhase>? OnJournalWrite { get; init; }
}
