using System.Diagnostics.CodeAnalysis;
using Byok.Core.Ledger;
using Byok.Core.Ports;

namespace Byok.Client.Records;

/// <summary>The ledger's entries about blobs (docs/FORMAT.md, section 15), made of and read as what the readers and writers of blobs work with.</summary>
internal static class BlobEvents
{
    public static LedgerEvent Intend(string container, BlobIntent intent)
    {
        var (state, header) = (intent.State, intent.Header);
        return LedgerEvents.BlobIntended(
            intent.OperationId, container, intent.BlobName, NameOf(intent.Change),
            new IntendedState(state.BlobId, state.Commitment, state.Mac, header.Wrapping.KeyId, header.Branch), intent.Replaces);
    }

    public static LedgerEvent Confirm(string container, string name, string operationId, BlobState state) => LedgerEvents.BlobConfirmed(operationId, container, name, state.Mac);

    public static LedgerEvent Delete(string container, string name, string operationId, BlobState state) => LedgerEvents.BlobDeleted(operationId, container, name, state.Mac);

    /// <summary>Reads an entry about a blob of a container.</summary>
    public static bool TryRead(LedgerEntry entry, string container, [NotNullWhen(true)] out BlobRecord? record)
    {
        record = LedgerReading.TryReadBlob(entry.Event, container, out var blob) && Digest.Parse(blob.Mac) is { } mac
            ? new BlobRecord(
                blob.Kind, blob.Name, mac, Digest.Parse(blob.Replaces), blob.By != NameOf(BlobChange.Encrypt),
                entry.Event.CorrelationId, entry.RecordedOn)
            : null;
        return record is not null;
    }

    private static string NameOf(BlobChange change) => change switch
    {
        BlobChange.Encrypt => "encrypt",
        BlobChange.Rewrap => "rewrap",
        _ => "reencrypt",
    };
}

/// <summary>An entry about a blob, as it was read.</summary>
/// <param name="Kind">One of the kinds about blobs.</param>
/// <param name="BlobName">The blob's name.</param>
/// <param name="Mac">MAC of the state that it is about.</param>
/// <param name="Replaces">MAC of the state that it takes the place of.</param>
/// <param name="IsDerived">Whether the state was made of the one that it replaces.</param>
internal sealed record BlobRecord(
    string Kind, string BlobName, Digest Mac, Digest? Replaces, bool IsDerived, string OperationId, DateTimeOffset RecordedOn);
