namespace Byok.Cli.Planning;

/// <summary>What one operation asks of the services, all blobs together. Retries are not counted.</summary>
public sealed record OperationDemand
{
    /// <summary>Requests to the containers of uploads and protected blobs.</summary>
    public required long StorageRequests { get; init; }

    /// <summary>
    /// Appends to the ledger at most: events that wait while one is under way share the next, so the busier, the fewer.
    /// </summary>
    public required long LedgerAppendsAtMost { get; init; }

    /// <summary>Bytes written to storage.</summary>
    public required double BytesIn { get; init; }

    /// <summary>Bytes read from storage.</summary>
    public required double BytesOut { get; init; }

    /// <summary>Plaintext bytes that workers encrypt.</summary>
    public required double BytesEncrypted { get; init; }

    /// <summary>Unwraps by the vault. Reads of a key, a few a minute and worker, are not counted.</summary>
    public required double VaultUnwraps { get; init; }

    /// <summary>Keys created in the vault: one KEK for each key that is brought.</summary>
    public required long VaultCreations { get; init; }

    /// <summary>Activities, all orchestrations together.</summary>
    public required long Activities { get; init; }

    /// <summary>Activities that one orchestration starts at once, at most.</summary>
    public required long ParallelActivities { get; init; }

    /// <summary>Activities that one orchestration runs one after the other.</summary>
    public required long SequentialActivities { get; init; }

    /// <summary>Blobs whose DEKs are sealed anew.</summary>
    public required long Rewraps { get; init; }
}
