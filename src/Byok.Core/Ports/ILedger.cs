using Byok.Core.Errors;

namespace Byok.Core.Ports;

/// <summary>The append-only, hash-chained record of key and blob events.</summary>
public interface ILedger
{
    /// <summary>Appends an event; returns when it is stored. Safe to call again with the same event id.</summary>
    Task AppendAsync(LedgerEvent ledgerEvent, CancellationToken cancellationToken);

    /// <summary>Appends events, with as few writes as it can; returns when all are stored. Safe to call again with the same event ids.</summary>
    Task AppendAsync(IReadOnlyCollection<LedgerEvent> ledgerEvents, CancellationToken cancellationToken) =>
        Task.WhenAll(ledgerEvents.Select(ledgerEvent => AppendAsync(ledgerEvent, cancellationToken)));

    /// <summary>Reads all entries in order and verifies the chain on the way.</summary>
    /// <exception cref="IntegrityException">An entry was altered, dropped, reordered or inserted; the message names its sequence.</exception>
    IAsyncEnumerable<LedgerEntry> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Reads the entries behind one that was read before; all of them for null. The chain is verified from there.</summary>
    /// <exception cref="IntegrityException">As with <see cref="ReadAsync"/>, or the ledger lost what was read before.</exception>
    IAsyncEnumerable<LedgerEntry> ReadAfterAsync(LedgerEntry? last, CancellationToken cancellationToken) =>
        ReadAsync(cancellationToken).Where(entry => entry.Sequence > (last?.Sequence ?? 0));
}
