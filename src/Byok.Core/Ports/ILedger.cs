using Byok.Core.Errors;

namespace Byok.Core.Ports;

/// <summary>The append-only, hash-chained record of key and blob events.</summary>
public interface ILedger
{
    /// <summary>Appends an event; returns when it is stored. Safe to call again with the same event id.</summary>
    Task AppendAsync(LedgerEvent ledgerEvent, CancellationToken cancellationToken);

    /// <summary>Reads all entries in order and verifies the chain on the way.</summary>
    /// <exception cref="IntegrityException">An entry was altered, dropped, reordered or inserted; the message names its sequence.</exception>
    IAsyncEnumerable<LedgerEntry> ReadAsync(CancellationToken cancellationToken);
}
