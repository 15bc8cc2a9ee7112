namespace Byok.Core.Ports;

/// <summary>Something that happened to a key or a blob, to be written to the ledger.</summary>
public sealed record LedgerEvent
{
    /// <summary>Names the event; appending the same id again is harmless.</summary>
    public required string EventId { get; init; }

    /// <summary>What happened, a dotted verb phrase: <c>key.imported</c>, <c>blob.confirmed</c> ...</summary>
    public required string Kind { get; init; }

    /// <summary>The object: a key identifier or <c>container/blob</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>One id from HSM to blob: the operation that all these events belong to.</summary>
    public required string CorrelationId { get; init; }

    /// <summary>Names, ids, thumbprints and figures; never secrets.</summary>
    public IReadOnlyDictionary<string, string> Details { get; init; } = new Dictionary<string, string>();
}
