using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Ledger;
using Byok.Core.Ports;
using Byok.Storage.Ledger;

namespace Byok.Storage.Tests.Ledger;

/// <summary>
/// Makes the lines under tests/vectors/ledger, at least one of each kind, each as the first entry of a ledger.
/// <c>BYOK_WRITE_VECTORS=1 dotnet test --filter LedgerVectorTests</c> writes the files anew; one that is there must not change: ledgers hold it.
/// </summary>
internal static class LedgerVectors
{
    private const string Operation = "rotate-customer-0123456789abcdef0123456789abcdef";
    private const string Thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    private const string KekThumbprint = "q_MW_mG4Hzvvb0GJi7Z8gsxqTCHl1RSMDBxHnVPYZ6g";
    private const string Mac = "bWFjbWFjbWFjbWFjbWFjbWFjbWFjbWFjbWFjbWFjbWE";
    private const string ReplacedMac = "cmVwbGFjZXNyZXBsYWNlc3JlcGxhY2VzcmVwbGFjZXM";

    private static readonly KeyIdentifier Kek = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/byok-kek-0123456789abcdef0123/000102030405060708090a0b0c0d0e0f");
    private static readonly KeyIdentifier Old = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/customer/101112131415161718191a1b1c1d1e1f");
    private static readonly KeyIdentifier New = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/customer/202122232425262728292a2b2c2d2e2f");
    private static readonly RsaPublicKey KekPublicKey = RsaPublicKey.FromBytes(Convert.FromHexString("C0" + new string('1', 510)), [1, 0, 1]);

    private static readonly BranchName Current = BranchName.Parse("Q3VycmVudEN1cnJlbnRDdXJyZW50Q3VycmVudEN1cnI");
    private static readonly BranchName Sealed = BranchName.Parse("U2VhbGVkU2VhbGVkU2VhbGVkU2VhbGVkU2VhbGVkU2U");
    private static readonly BranchPins Pins = BranchPins.Of("customer", Current, [Sealed]);

    public static IReadOnlyDictionary<string, LedgerEvent> All { get; } = new Dictionary<string, LedgerEvent>
    {
        ["kek_created"] = LedgerEvents.KekCreated(Operation, Kek, KekPublicKey),
        ["kek_attested"] = LedgerEvents.Attested(Operation, Kek, KeyOrigin.Generated, new AttestedKey(Kek, KekThumbprint, "manufacturer", "owner")),
        ["key_exported"] = LedgerEvents.KeyExported(Operation, "customer-20300101", Thumbprint, Kek, KekThumbprint, 2),
        ["key_imported"] = LedgerEvents.KeyImported(Operation, New, "customer-20300101"),
        ["key_attested"] = LedgerEvents.Attested(Operation, New, KeyOrigin.Imported, new AttestedKey(New, Thumbprint, "manufacturer", "owner")),
        ["key_activated"] = LedgerEvents.KeyActivated(Operation, New, Thumbprint, Pins),
        ["kek_retired"] = LedgerEvents.KekRetired(Operation, Kek),
        ["key_rotation_began"] = LedgerEvents.RotationBegan(Operation, Old, "customer-20300101", isDeep: false),
        ["key_rotation_began_deep"] = LedgerEvents.RotationBegan(Operation, Old, New.ToString(), isDeep: true),
        ["key_retired"] = LedgerEvents.KeyRetired(Operation, Old, New),
        ["key_disabled"] = LedgerEvents.KeyDisabled(Operation, Old),
        ["key_revocation_ordered"] = LedgerEvents.RevocationOrdered(Operation, "customer", isDeletion: false, [Old, New], 1),
        ["key_revocation_ordered_again"] = LedgerEvents.RevocationOrdered(Operation, "customer", isDeletion: true, [New], 2),
        ["key_revoked"] = LedgerEvents.KeyRevoked(Operation, "customer", isDeletion: false, null, 1, 3),
        ["key_revoked_late"] = LedgerEvents.KeyRevoked(Operation, "customer", isDeletion: true, 61.5, 75.0625, 9),
        ["key_revocation_overruled"] = LedgerEvents.RevocationOverruled(Operation, "customer", "It was restored."),
        ["key_enabled"] = LedgerEvents.KeyEnabled(Operation, Old),
        ["key_restored"] = LedgerEvents.KeyRestored(Operation, "customer", KeyState.Revoked, [Old, New]),
        ["key_restored_deleted"] = LedgerEvents.KeyRestored(Operation, "customer", KeyState.Deleted, [New]),
        ["key_restored_purged"] = LedgerEvents.KeyRestored(Operation, "customer", KeyState.Purged, [New]),
        ["key_restore_overruled"] = LedgerEvents.RestoreOverruled(Operation, "customer", "It was revoked."),
        ["branch_sealed"] = LedgerEvents.BranchSealed(Operation, Pins),
        ["branch_retired"] = LedgerEvents.BranchRetired(Operation, Sealed, BranchPins.Start("customer", Current), 998, 3),
        ["branch_pins_restored"] = LedgerEvents.PinsRestored(Operation, Pins),
        ["branch_rebuilt"] = LedgerEvents.BranchRebuilt(Operation, "customer", Sealed),
        ["blob_intended"] = LedgerEvents.BlobIntended(Operation, "protected", "a/b.txt", "rewrap", new IntendedState("AAECAwQFBgcICQoLDA0ODw", "Y29tbWl0bWVudA", Mac, New, Current), ReplacedMac),
        ["blob_intended_new"] = LedgerEvents.BlobIntended(Operation, "protected", "\u00fc \"q\".txt", "encrypt", new IntendedState("AAECAwQFBgcICQoLDA0ODw", "Y29tbWl0bWVudA", Mac, New, Current), null),
        ["blob_confirmed"] = LedgerEvents.BlobConfirmed(Operation, "protected", "a/b.txt", Mac),
        ["blob_deleted"] = LedgerEvents.BlobDeleted(Operation, "protected", "a/b.txt", Mac),
        ["audit_completed"] = LedgerEvents.AuditCompleted(Operation, "20300101T000000000", 1, 2, 3),
    };

    public static byte[] Line(LedgerEvent recorded) =>
        LedgerChain.ToLine(LedgerChain.Append(1, LedgerChain.Genesis, new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), recorded));
}
