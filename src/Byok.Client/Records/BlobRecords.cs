using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Client.Records;

/// <summary>The one place that writes and reads the ledger's entries about protected blobs: what is about to be stored, what was, and what stands there rightly.</summary>
public sealed class BlobRecords(ILedger ledger, string container) : IDisposable
{
    private readonly SemaphoreSlim _reader = new(1, 1);
    private BlobIndex? _index;

    /// <summary>Records states that are about to be committed. A ledger that cannot be written stops the writer here.</summary>
    internal Task IntendAsync(IReadOnlyCollection<BlobIntent> intents, CancellationToken cancellationToken) =>
        AppendAsync(intents.Select(intent => BlobEvents.Intend(container, intent)), cancellationToken);

    /// <summary>Records states that were committed.</summary>
    internal Task ConfirmAsync(IReadOnlyCollection<BlobIntent> intents, CancellationToken cancellationToken) =>
        AppendAsync(intents.Select(intent => BlobEvents.Confirm(container, intent.BlobName, intent.OperationId, intent.State)), cancellationToken);

    /// <summary>Records states that were found committed.</summary>
    internal Task ConfirmAsync(string operationId, IEnumerable<(string Name, BlobState State)> states, CancellationToken cancellationToken) =>
        AppendAsync(states.Select(found => BlobEvents.Confirm(container, found.Name, operationId, found.State)), cancellationToken);

    /// <summary>Records that a state was found committed.</summary>
    internal Task ConfirmAsync(string operationId, string name, BlobState state, CancellationToken cancellationToken) =>
        ConfirmAsync(operationId, [(name, state)], cancellationToken);

    /// <summary>Records that a blob is about to be deleted.</summary>
    internal Task DeleteAsync(string operationId, string name, BlobState state, CancellationToken cancellationToken) =>
        AppendAsync([BlobEvents.Delete(container, name, operationId, state)], cancellationToken);

    /// <summary>
    /// What the ledger, read to its end, knows. For states that were seen before the call, so that their entries are in it.
    /// </summary>
    /// <param name="ask">Asks for what is to be known.</param>
    /// <exception cref="IntegrityException">The ledger was altered.</exception>
    internal async Task<T> ReadAsync<T>(Func<BlobIndex, T> ask, CancellationToken cancellationToken)
    {
        await _reader.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var index = _index ?? new BlobIndex(ledger, container);
            _index = null; // Whatever breaks off in the middle is read anew.
            await index.ReadOnAsync(cancellationToken).ConfigureAwait(false);
            _index = index;
            return ask(index);
        }
        finally
        {
            _reader.Release();
        }
    }

    /// <summary>How the ledger stands to a stored state, whose header must have been verified.</summary>
    internal Task<BlobStanding> StandingOfAsync(string name, EnvelopeHeader header, CancellationToken cancellationToken) =>
        ReadAsync(index => index.StandingOf(name, header), cancellationToken);

    /// <summary>The failure of a writer that finds another blob where his own should be.</summary>
    internal static ForeignBlobException ForeignInstead(string name) => new(
        $"'{name}' is not the blob that was written: the ledger does not know it, so somebody put it in its place past the pipeline. " +
        "An upload that is still there was kept; find out who wrote to storage, then upload again and overwrite.");

    /// <summary>The refusal to work on a blob whose state the ledger does not know: what was made of it would pass for ours.</summary>
    internal static ForeignBlobException Foreign(string name) => new(
        $"'{name}' is not as the ledger knows it: another blob or an older state was put in its place past the pipeline. " +
        "It was left as it is; restore the right one, or decrypt it, and upload what it should hold again.");

    public void Dispose() => _reader.Dispose();

    private async Task AppendAsync(IEnumerable<LedgerEvent> events, CancellationToken cancellationToken)
    {
        var all = events.ToList();
        if (all.Count > 0)
        {
            await ledger.AppendAsync(all, cancellationToken).ConfigureAwait(false);
        }
    }
}
