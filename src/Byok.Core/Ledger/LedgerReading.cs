using System.Diagnostics.CodeAnalysis;
using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Core.Ledger;

/// <summary>Reads back what <see cref="LedgerEvents"/> makes. What is not of the kind, or not in its form, is not read.</summary>
public static class LedgerReading
{
    /// <summary>Which version was imported.</summary>
    public static bool TryReadImported(LedgerEvent recorded, [NotNullWhen(true)] out KeyIdentifier? keyId)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        keyId = null;
        return recorded.Kind == LedgerKinds.KeyImported && KeyIdentifier.TryParse(recorded.Subject, out keyId);
    }

    /// <summary>Which version was activated, and its thumbprint.</summary>
    public static bool TryReadActivated(LedgerEvent recorded, [NotNullWhen(true)] out KeyIdentifier? keyId, [NotNullWhen(true)] out string? thumbprint)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        (keyId, thumbprint) = (null, null);
        return recorded.Kind == LedgerKinds.KeyActivated
            && KeyIdentifier.TryParse(recorded.Subject, out keyId)
            && recorded.Details.TryGetValue(LedgerDetails.Thumbprint, out thumbprint);
    }

    /// <summary>Which branches of a key were pinned after an event; with which of them was retired by it.</summary>
    public static bool TryReadPins(LedgerEvent recorded, string keyName, out RecordedPins pins)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        pins = default;
        if (recorded.Kind is not (LedgerKinds.KeyActivated or LedgerKinds.BranchSealed or LedgerKinds.BranchRetired or LedgerKinds.PinsRestored)
            || (KeyIdentifier.TryParse(recorded.Subject, out var id) ? id.Name : recorded.Subject) != keyName
            || recorded.Details.GetValueOrDefault(LedgerDetails.Branch) is not { } current)
        {
            return false;
        }

        pins = new RecordedPins(
            Branches(current).FirstOrDefault(), [.. Branches(recorded.Details.GetValueOrDefault(LedgerDetails.Sealed)).Take(BranchPins.MaxSealed)],
            Branches(recorded.Details.GetValueOrDefault(LedgerDetails.Retired)).FirstOrDefault());
        return true;
    }

    /// <summary>What was recorded of a blob of a container.</summary>
    public static bool TryReadBlob(LedgerEvent recorded, string container, out RecordedBlob blob)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        ArgumentNullException.ThrowIfNull(container);
        var (subject, details) = (recorded.Subject, recorded.Details);
        if (recorded.Kind is LedgerKinds.BlobIntended or LedgerKinds.BlobConfirmed or LedgerKinds.BlobDeleted
            && subject.StartsWith(container, StringComparison.Ordinal) && subject.AsSpan(container.Length).StartsWith('/'))
        {
            blob = new RecordedBlob(
                recorded.Kind, subject[(container.Length + 1)..], details.GetValueOrDefault(LedgerDetails.Mac), details.GetValueOrDefault(LedgerDetails.Replaces),
                details.GetValueOrDefault(LedgerDetails.By));
            return true;
        }

        blob = default;
        return false;
    }

    private static IEnumerable<BranchName> Branches(string? text) =>
        (text ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => BranchName.TryParse(part, out var branch) ? branch : null).OfType<BranchName>();
}

/// <summary>The pins of a key, as an entry tells them.</summary>
/// <param name="Retired">The branch that the event took out of them; null for none.</param>
public readonly record struct RecordedPins(BranchName? Current, IReadOnlyList<BranchName> Sealed, BranchName? Retired);

/// <summary>What was recorded of a blob; null where the entry does not say.</summary>
/// <param name="Kind">One of the three kinds about blobs.</param>
/// <param name="Name">The blob's name.</param>
/// <param name="Mac">MAC of the state that it is about.</param>
/// <param name="Replaces">MAC of the state that it takes the place of.</param>
/// <param name="By">What made the state.</param>
public readonly record struct RecordedBlob(string Kind, string Name, string? Mac, string? Replaces, string? By);
