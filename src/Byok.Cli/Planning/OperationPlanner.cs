using static Byok.Cli.Planning.ServiceLimits;

namespace Byok.Cli.Planning;

/// <summary>Answers how long an initial encryption, a rotation, the retirement of a branch and a restore take, and what limits them.</summary>
public static class OperationPlanner
{
    /// <summary>Blobs that a retirement has under way at once: one page at a time, so many of it.</summary>
    private const int RewrapsInFlight = Byok.Pipeline.MoveBlobs.RewrapPage.Parallelism;

    /// <exception cref="ArgumentException">The work means nothing; the message says why.</exception>
    public static IReadOnlyList<OperationForecast> Plan(PlannedWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return
        [
            Forecast("initial encryption", work, DemandModel.Encrypt(work)),
            Forecast("rotation", work, DemandModel.Rotate(work)),
            Forecast("retiring a branch", work, DemandModel.Retire(work)),
            Forecast("restore after a purge", work, DemandModel.Restore(work)),
        ];
    }

    private static OperationForecast Forecast(string operation, PlannedWork work, OperationDemand demand)
    {
        Bottleneck[] all =
        [
            new($"unwraps by the vault, RSA-{work.KeySizeInBits}", demand.VaultUnwraps, HsmKeyOperationsPerSecond(work.KeySizeInBits), KeyVaultSource),
            new("keys created in the vault", demand.VaultCreations, HsmKeyCreationsPerSecond, KeyVaultSource),
            new("requests to the storage account", demand.StorageRequests + demand.LedgerAppendsAtMost, StorageRequestsPerSecond, StorageAccountSource),
            new("bytes into the storage account", demand.BytesIn, StorageBytesInPerSecond, StorageAccountSource),
            new("bytes out of the storage account", demand.BytesOut, StorageBytesOutPerSecond, StorageAccountSource),
            new("activities through the task hub's queue", demand.Activities, QueueMessagesPerSecond, QueueSource),
            new("activities of one orchestration at once", demand.ParallelActivities, ParallelActivitiesPerSecond, DurableSource),
            new("activities of one orchestration in a row", demand.SequentialActivities, SequentialActivitiesPerSecond, DurableSource),
            new($"bytes through {work.Workers} worker(s)", demand.BytesEncrypted, work.Workers * work.WorkerBytesPerSecond, null),
            new($"DEKs sealed anew, {RewrapsInFlight} at a time", demand.Rewraps, RewrapsInFlight / work.RewrapLatency.TotalSeconds, null),
        ];
        return new OperationForecast(operation, demand, [.. all.Where(limit => limit.Demand > 0).OrderByDescending(limit => limit.Time)]);
    }
}
