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

    /// <summary>An event of an operation. A second run of the operation makes the same event id, and so the same event.</summary>
    /// <param name="part">Tells events of one kind and operation apart; null where there is one.</param>
    public static LedgerEvent Of(string operationId, string kind, string subject, Dictionary<string, string>? details = null, string? part = null) => new()
    {
        EventId = part is null ? $"{operationId}/{kind}" : $"{operationId}/{kind}/{part}",
        Kind = kind,
        Subject = subject,
        CorrelationId = operationId,
        Details = details ?? [],
    };
}
