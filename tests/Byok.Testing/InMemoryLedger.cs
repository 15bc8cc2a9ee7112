using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Byok.Core.Ports;

namespace Byok.Testing;

/// <summary>A test double of the ledger: keeps events, chains nothing.</summary>
public sealed class InMemoryLedger : ILedger
{
    private readonly ConcurrentQueue<LedgerEvent> _events = new();

    public IReadOnlyCollection<LedgerEvent> Events => _events;

    public Task AppendAsync(LedgerEvent ledgerEvent, CancellationToken cancellationToken)
    {
        _events.Enqueue(ledgerEvent);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<LedgerEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var sequence = 0L;
        foreach (var ledgerEvent in _events)
        {
            yield return new LedgerEntry(++sequence, DateTimeOffset.UnixEpoch, ledgerEvent, string.Empty, string.Empty);
        }
    }
}
