namespace Byok.Cli.Planning;

/// <summary>
/// What the services are documented to allow, in Azure's public regions, for one vault and one standard general-purpose v2 account. Some regions
/// and support requests give more; another user of the same vault or account leaves less.
/// </summary>
public static class ServiceLimits
{
    /// <summary>Key Vault's page: operations on HSM keys in 10 s, per vault and region.</summary>
    public static Uri KeyVaultSource { get; } = new("https://learn.microsoft.com/azure/key-vault/general/service-limits");

    /// <summary>The storage account's page: requests and bandwidth.</summary>
    public static Uri StorageAccountSource { get; } = new("https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account");

    /// <summary>Queue Storage's page: messages of one queue.</summary>
    public static Uri QueueSource { get; } = new("https://learn.microsoft.com/azure/storage/queues/scalability-targets");

    /// <summary>Durable Functions' page: activities of one orchestration on the Azure Storage provider.</summary>
    public static Uri DurableSource { get; } = new("https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-perf-and-scale");

    /// <summary>Keys created in an HSM: 10 in 10 s.</summary>
    public const double HsmKeyCreationsPerSecond = 1;

    /// <summary>Requests to a storage account: 20,000 a second.</summary>
    public const double StorageRequestsPerSecond = 20_000;

    /// <summary>Bytes into a storage account: 25 Gbit a second.</summary>
    public const double StorageBytesInPerSecond = 25e9 / 8;

    /// <summary>Bytes out of a storage account: 50 Gbit a second.</summary>
    public const double StorageBytesOutPerSecond = 50e9 / 8;

    /// <summary>Messages of one queue: 2,000 a second. All activities of a task hub pass through one.</summary>
    public const double QueueMessagesPerSecond = 2_000;

    /// <summary>Activities that one orchestration starts at once: 100 a second.</summary>
    public const double ParallelActivitiesPerSecond = 100;

    /// <summary>Activities of one orchestration, each after the one before: 5 a second.</summary>
    public const double SequentialActivitiesPerSecond = 5;

    /// <summary>Operations other than create on RSA keys in the vault's HSM.</summary>
    /// <param name="keySizeInBits">2048, 3072 or 4096.</param>
    /// <returns>200, 50 or 25 a second: 2,000, 500 and 250 in 10 s.</returns>
    /// <exception cref="ArgumentException">The vault has no RSA key of that size.</exception>
    public static double HsmKeyOperationsPerSecond(int keySizeInBits) => keySizeInBits switch
    {
        2048 => 200,
        3072 => 50,
        4096 => 25,
        _ => throw new ArgumentException($"A wrapping key has 2048, 3072 or 4096 bits, not {keySizeInBits}.", nameof(keySizeInBits)),
    };
}
