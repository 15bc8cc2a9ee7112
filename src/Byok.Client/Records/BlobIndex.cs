using System.Runtime.InteropServices;
using Byok.Core.Envelope;
using Byok.Core.Ports;

namespace Byok.Client.Records;

/// <summary>
/// The last states of all blobs that the ledger knows, kept in memory and read on from where it was read to. It holds hashes, about 100 bytes a blob: 100 MB for a
/// million. Not thread-safe.
/// </summary>
internal sealed class BlobIndex(ILedger ledger, string container)
{
    private readonly Dictionary<Digest, BlobChain> _chains = [];
    private readonly Dictionary<string, long> _moved = new(StringComparer.Ordinal);
    private LedgerEntry? _last;

    /// <summary>Reads what was appended since.</summary>
    public async Task ReadOnAsync(CancellationToken cancellationToken)
    {
        await foreach (var entry in ledger.ReadAfterAsync(_last, cancellationToken).ConfigureAwait(false))
        {
            _last = entry;
            if (BlobEvents.TryRead(entry, container, out var record))
            {
                ref var chain = ref CollectionsMarshal.GetValueRefOrAddDefault(_chains, Digest.OfText(record.BlobName), out _);
                chain.Apply(record, Count);
            }
        }
    }

    /// <summary>What is known of a blob.</summary>
    public BlobChain Of(string name) => _chains.GetValueOrDefault(Digest.OfText(name));

    /// <summary>How the ledger stands to the state that a header describes.</summary>
    public BlobStanding StandingOf(string name, EnvelopeHeader header) => Of(name).StandingOf(Digest.FromBytes(header.Mac.Span));

    /// <summary>How many states an operation has made of others, by rewrapping and encrypting anew, that are known to have been committed.</summary>
    public long MovedBy(string operationId) => _moved.GetValueOrDefault(operationId);

    private void Count(string operationId) => _moved[operationId] = MovedBy(operationId) + 1;
}
