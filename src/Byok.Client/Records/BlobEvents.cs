using System.Diagnostics.CodeAnalysis;
using Byok.Core.Ports;

namespace Byok.Client.Records;

/// <summary>
/// The ledger's entries about blobs (docs/FORMAT.md, section 15). An entry is named by the MAC of the state that it is about, which no other state has: so a repeat of
/// what wrote it adds none.
/// </summary>
internal static class BlobEvents
{
    /// <summary>Before a commit: the state that is about to be stored.</summary>
    public const string Intended = "blob.intended";

    /// <summary>After it: the state is stored.</summary>
    public const string Confirmed = "blob.confirmed";

    /// <summary>Before a deletion: the state that is about to be deleted.</summary>
    public const string Deleted = "blob.deleted";

    public static LedgerEvent Intend(string container, BlobIntent intent)
    {
        var details = new Dictionary<string, string>
        {
            ["by"] = NameOf(intent.Change),
            ["blobId"] = intent.State.BlobId,
            ["commitment"] = intent.State.Commitment,
            ["mac"] = intent.State.Mac,
            ["key"] = intent.Header.Wrapping.KeyId.ToString(),
            ["branch"] = intent.Header.Branch.ToString(),
        };
        if (intent.Replaces is { } replaces)
        {
            details["replaces"] = replaces;
        }

        return Event(Intended, container, intent.BlobName, intent.OperationId, intent.State.Mac, details);
    }

    public static LedgerEvent Confirm(string container, string name, string operationId, BlobState state) => OfState(Confirmed, container, name, operationId, state);

    public static LedgerEvent Delete(string container, string name, string operationId, BlobState state) => OfState(Deleted, container, name, operationId, state);

    /// <summary>Reads an entry about a blob of a container.</summary>
    public static bool TryRead(LedgerEntry entry, string container, [NotNullWhen(true)] out BlobRecord? record)
    {
        var recorded = entry.Event;
        var details = recorded.Details;
        record = recorded.Kind is Intended or Confirmed or Deleted
            && recorded.Subject.StartsWith(container, StringComparison.Ordinal) && recorded.Subject.AsSpan(container.Length).StartsWith('/')
            && Digest.Parse(details.GetValueOrDefault("mac")) is { } mac
                ? new BlobRecord(
                    recorded.Kind, recorded.Subject[(container.Length + 1)..], mac, Digest.Parse(details.GetValueOrDefault("replaces")),
                    details.GetValueOrDefault("by") != NameOf(BlobChange.Encrypt), recorded.CorrelationId, entry.RecordedOn)
                : null;
        return record is not null;
    }

    private static LedgerEvent OfState(string kind, string container, string name, string operationId, BlobState state) =>
        Event(kind, container, name, operationId, state.Mac, new Dictionary<string, string> { ["mac"] = state.Mac });

    private static LedgerEvent Event(string kind, string container, string name, string operationId, string mac, Dictionary<string, string> details) => new()
    {
        EventId = $"{kind}/{mac}",
        Kind = kind,
        Subject = $"{container}/{name}",
        CorrelationId = operationId,
        Details = details,
    };

    private static string NameOf(BlobChange change) => change switch
    {
        BlobChange.Encrypt => "encrypt",
        BlobChange.Rewrap => "rewrap",
        _ => "reencrypt",
    };
}

/// <summary>An entry about a blob, as it was read.</summary>
/// <param name="Kind">One of <see cref="BlobEvents"/>.</param>
/// <param name="Mac">MAC of the state that it is about.</param>
/// <param name="Replaces">MAC of the state that it takes the place of.</param>
/// <param name="IsDerived">Whether the state was made of the one that it replaces.</param>
internal sealed record BlobRecord(
    string Kind, string BlobName, Digest Mac, Digest? Replaces, bool IsDerived, string OperationId, DateTimeOffset RecordedOn);
