using System.Globalization;
using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Ports;

namespace Byok.Core.Ledger;

/// <summary>
/// Makes the ledger's events, each kind in one place (docs/FORMAT.md, section 15). The event id comes from what happened, so that an activity that runs twice records once.
/// </summary>
public static class LedgerEvents
{
    /// <summary>The one-shot KEK of a bring was created.</summary>
    public static LedgerEvent KekCreated(string operationId, KeyIdentifier kekId, RsaPublicKey kek)
    {
        ArgumentNullException.ThrowIfNull(kek);
        return Of(LedgerKinds.KekCreated, operationId, kekId, new() { [LedgerDetails.Thumbprint] = kek.Thumbprint, ["sizeInBits"] = $"{kek.SizeInBits}" });
    }

    /// <summary>The vault's HSM attested a KEK that it generated, or a key that it imported.</summary>
    public static LedgerEvent Attested(string operationId, KeyIdentifier keyId, KeyOrigin origin, AttestedKey attested)
    {
        ArgumentNullException.ThrowIfNull(attested);
        return Of(origin == KeyOrigin.Generated ? LedgerKinds.KekAttested : LedgerKinds.KeyAttested, operationId, keyId, new()
        {
            [LedgerDetails.Thumbprint] = attested.Thumbprint,
            ["manufacturerRoot"] = attested.ManufacturerRoot,
            ["ownerRoot"] = attested.OwnerRoot,
        });
    }

    /// <summary>The HSM gave the master key of a label out, wrapped to the KEK.</summary>
    public static LedgerEvent KeyExported(string operationId, string label, string thumbprint, KeyIdentifier kekId, string kekThumbprint, int approvals)
    {
        ArgumentNullException.ThrowIfNull(kekId);
        return Of(LedgerKinds.KeyExported, operationId, label, new Dictionary<string, string>
        {
            [LedgerDetails.Thumbprint] = thumbprint,
            ["kek"] = kekId.ToString(),
            ["kekThumbprint"] = kekThumbprint,
            ["approvals"] = $"{approvals}",
        });
    }

    /// <summary>The vault took the master key of a label as a new version.</summary>
    public static LedgerEvent KeyImported(string operationId, KeyIdentifier keyId, string label) => Of(LedgerKinds.KeyImported, operationId, keyId, new() { ["label"] = label });

    /// <summary>The version was proved and is in use, with the pins that it got.</summary>
    public static LedgerEvent KeyActivated(string operationId, KeyIdentifier keyId, string thumbprint, BranchPins pins) =>
        Of(LedgerKinds.KeyActivated, operationId, keyId, With(pins, new() { [LedgerDetails.Thumbprint] = thumbprint }));

    /// <summary>The KEK was disabled and deleted.</summary>
    public static LedgerEvent KekRetired(string operationId, KeyIdentifier kekId) => Of(LedgerKinds.KekRetired, operationId, kekId, []);

    /// <summary>A rotation began.</summary>
    /// <param name="current">The version that is current.</param>
    /// <param name="to">The version that takes its place, or the label of the master key that it will bring.</param>
    /// <param name="isDeep">Whether data is encrypted anew.</param>
    public static LedgerEvent RotationBegan(string operationId, KeyIdentifier current, string to, bool isDeep) =>
        Of(LedgerKinds.RotationBegan, operationId, current, new() { ["to"] = to, ["deep"] = isDeep ? "true" : "false" });

    /// <summary>A version protects nothing new.</summary>
    public static LedgerEvent KeyRetired(string operationId, KeyIdentifier keyId, KeyIdentifier successor)
    {
        ArgumentNullException.ThrowIfNull(successor);
        return Once(LedgerKinds.KeyRetired, operationId, keyId, new() { ["successor"] = successor.ToString() });
    }

    /// <summary>A version that failed its proof, or that nothing needs, was disabled.</summary>
    public static LedgerEvent KeyDisabled(string operationId, KeyIdentifier keyId) => Once(LedgerKinds.KeyDisabled, operationId, keyId, []);

    /// <summary>The vault was told to take a key away, for the first time or once more.</summary>
    /// <param name="isDeletion">Whether the key is deleted; else its versions are disabled.</param>
    /// <param name="versions">The versions that were enabled.</param>
    /// <param name="number">Which order of the operation it is, from 1.</param>
    public static LedgerEvent RevocationOrdered(string operationId, string keyName, bool isDeletion, IEnumerable<KeyIdentifier> versions, int number) =>
        Revocation(LedgerKinds.RevocationOrdered, operationId, keyName, new Dictionary<string, string>
        {
            [LedgerDetails.Order] = $"{number}",
            ["mode"] = Mode(isDeletion),
            ["versions"] = Versions(versions),
        });

    /// <summary>The vault refuses the key.</summary>
    /// <param name="isDeletion">Whether the key is deleted; else its versions are disabled.</param>
    /// <param name="lastUnwrapAfterSeconds">How long after the order the last unwrap succeeded; null when none did.</param>
    /// <param name="refusedAfterSeconds">How long after the order the vault was first seen to refuse for good.</param>
    /// <param name="probes">Unwraps that were tried.</param>
    public static LedgerEvent KeyRevoked(string operationId, string keyName, bool isDeletion, double? lastUnwrapAfterSeconds, double refusedAfterSeconds, int probes) =>
        Revocation(LedgerKinds.KeyRevoked, operationId, keyName, new Dictionary<string, string>
        {
            ["mode"] = Mode(isDeletion),
            ["lastUnwrapAfterSeconds"] = lastUnwrapAfterSeconds is { } last ? Seconds(last) : "none",
            ["refusedAfterSeconds"] = Seconds(refusedAfterSeconds),
            ["probes"] = $"{probes}",
        });

    /// <summary>A revocation ended because the key was restored meanwhile.</summary>
    public static LedgerEvent RevocationOverruled(string operationId, string keyName, string reason) =>
        Revocation(LedgerKinds.RevocationOverruled, operationId, keyName, new Dictionary<string, string> { ["reason"] = reason });

    /// <summary>A restore ended because the key was revoked meanwhile.</summary>
    public static LedgerEvent RestoreOverruled(string operationId, string keyName, string reason) =>
        Revocation(LedgerKinds.RestoreOverruled, operationId, keyName, new Dictionary<string, string> { ["reason"] = reason });

    /// <summary>An event about a revocation, from what a journal kept of it.</summary>
    public static LedgerEvent Revocation(string kind, string operationId, string keyName, IReadOnlyDictionary<string, string> details)
    {
        ArgumentNullException.ThrowIfNull(details);
        var number = details.GetValueOrDefault(LedgerDetails.Order);
        return Of(kind, operationId, keyName, details, number == "1" ? null : number); // the first order's id has no number
    }

    /// <summary>A version was given back.</summary>
    public static LedgerEvent KeyEnabled(string operationId, KeyIdentifier keyId) => Once(LedgerKinds.KeyEnabled, operationId, keyId, []);

    /// <summary>A restored key was proved to unwrap.</summary>
    /// <param name="found">What it was before: revoked, deleted or purged.</param>
    /// <param name="versions">The versions that unwrap.</param>
    public static LedgerEvent KeyRestored(string operationId, string keyName, KeyState found, IEnumerable<KeyIdentifier> versions) =>
        Of(LedgerKinds.KeyRestored, operationId, keyName, new Dictionary<string, string>
        {
            ["found"] = found switch { KeyState.Revoked => "disabled", KeyState.Deleted => "deleted", _ => "purged" },
            ["versions"] = Versions(versions),
        });

    /// <summary>Another branch became the current one.</summary>
    public static LedgerEvent BranchSealed(string operationId, BranchPins pins) => Pinned(LedgerKinds.BranchSealed, operationId, pins, []);

    /// <summary>A branch is about to be taken out of the pins.</summary>
    /// <param name="branch">The branch.</param>
    /// <param name="pins">The pins without it.</param>
    /// <param name="moved">Blobs that were moved off it.</param>
    /// <param name="passes">Passes over all blobs, the last of which found nothing left.</param>
    public static LedgerEvent BranchRetired(string operationId, BranchName branch, BranchPins pins, long moved, int passes) =>
        Pinned(LedgerKinds.BranchRetired, operationId, pins, new() { [LedgerDetails.Retired] = $"{branch}", ["moved"] = $"{moved}", ["passes"] = $"{passes}" });

    /// <summary>A restore wrote pins anew that the vault had lost.</summary>
    public static LedgerEvent PinsRestored(string operationId, BranchPins pins) => Pinned(LedgerKinds.PinsRestored, operationId, pins, []);

    /// <summary>A branch's record was made anew.</summary>
    public static LedgerEvent BranchRebuilt(string operationId, string keyName, BranchName branch) =>
        Of(LedgerKinds.BranchRebuilt, operationId, keyName, new Dictionary<string, string> { [LedgerDetails.Branch] = $"{branch}" }, $"{branch}");

    /// <summary>A state of a blob is about to be stored.</summary>
    /// <param name="name">The blob's name.</param>
    /// <param name="by">What makes the state: <c>encrypt</c>, <c>rewrap</c> or <c>reencrypt</c>.</param>
    /// <param name="state">What its header says.</param>
    /// <param name="replaces">MAC of the header that it takes the place of; null for none.</param>
    public static LedgerEvent BlobIntended(string operationId, string container, string name, string by, IntendedState state, string? replaces)
    {
        ArgumentNullException.ThrowIfNull(state);
        var details = new Dictionary<string, string>
        {
            [LedgerDetails.By] = by,
            ["blobId"] = state.BlobId,
            ["commitment"] = state.Commitment,
            [LedgerDetails.Mac] = state.Mac,
            ["key"] = state.KeyId.ToString(),
            [LedgerDetails.Branch] = state.Branch.ToString(),
        };
        if (replaces is not null)
        {
            details[LedgerDetails.Replaces] = replaces;
        }

        return Blob(LedgerKinds.BlobIntended, operationId, container, name, state.Mac, details);
    }

    /// <summary>The state of a blob with that MAC is stored.</summary>
    public static LedgerEvent BlobConfirmed(string operationId, string container, string name, string mac) =>
        Blob(LedgerKinds.BlobConfirmed, operationId, container, name, mac, new() { [LedgerDetails.Mac] = mac });

    /// <summary>The state of a blob with that MAC is about to be deleted.</summary>
    public static LedgerEvent BlobDeleted(string operationId, string container, string name, string mac) =>
        Blob(LedgerKinds.BlobDeleted, operationId, container, name, mac, new() { [LedgerDetails.Mac] = mac });

    /// <summary>An audit wrote the report of that name.</summary>
    public static LedgerEvent AuditCompleted(string operationId, string report, long criticals, long warnings, long blobs) => Of(
        LedgerKinds.AuditCompleted, operationId, report, new Dictionary<string, string> { ["criticals"] = $"{criticals}", ["warnings"] = $"{warnings}", ["blobs"] = $"{blobs}" });

    private static LedgerEvent Of(string kind, string operationId, KeyIdentifier keyId, Dictionary<string, string> details)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        return Of(kind, operationId, keyId.ToString(), details);
    }

    /// <summary>An event that an operation has one of for each version.</summary>
    private static LedgerEvent Once(string kind, string operationId, KeyIdentifier keyId, Dictionary<string, string> details)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        return Of(kind, operationId, keyId.ToString(), details, keyId.Version);
    }

    private static LedgerEvent Pinned(string kind, string operationId, BranchPins pins, Dictionary<string, string> details)
    {
        ArgumentNullException.ThrowIfNull(pins);
        return Of(kind, operationId, pins.KeyName, With(pins, details));
    }

    /// <summary>Each such event tells all pins of the key after it, so the last one is enough to pin them again.</summary>
    private static Dictionary<string, string> With(BranchPins pins, Dictionary<string, string> details)
    {
        ArgumentNullException.ThrowIfNull(pins);
        details[LedgerDetails.Branch] = pins.Current?.ToString() ?? string.Empty;
        details[LedgerDetails.Sealed] = string.Join(' ', pins.Sealed);
        return details;
    }

    /// <summary>A state has a MAC that no other has, so whoever records it again adds nothing.</summary>
    private static LedgerEvent Blob(string kind, string operationId, string container, string name, string mac, Dictionary<string, string> details) =>
        new() { EventId = $"{kind}/{mac}", Kind = kind, Subject = $"{container}/{name}", CorrelationId = operationId, Details = details };

    private static LedgerEvent Of(string kind, string operationId, string subject, IReadOnlyDictionary<string, string> details, string? part = null) => new()
    {
        EventId = part is null ? $"{operationId}/{kind}" : $"{operationId}/{kind}/{part}",
        Kind = kind,
        Subject = subject,
        CorrelationId = operationId,
        Details = details,
    };

    private static string Mode(bool isDeletion) => isDeletion ? "delete" : "disable";

    private static string Versions(IEnumerable<KeyIdentifier> versions) => string.Join(' ', versions.Select(version => version.Version));

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);
}
