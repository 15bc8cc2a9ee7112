namespace Byok.Core.Ledger;

/// <summary>What the ledger records (docs/FORMAT.md, section 15). A kind that was once written keeps its name and the names of its details.</summary>
public static class LedgerKinds
{
    /// <summary>The one-shot KEK of a bring was created.</summary>
    public const string KekCreated = "kek.created";

    /// <summary>The vault's HSM attested that it made the KEK.</summary>
    public const string KekAttested = "kek.attested";

    /// <summary>The HSM gave the master key out, wrapped to the KEK.</summary>
    public const string KeyExported = "key.exported";

    /// <summary>The vault took the master key as a new version.</summary>
    public const string KeyImported = "key.imported";

    /// <summary>The vault's HSM attested that it holds the imported version.</summary>
    public const string KeyAttested = "key.attested";

    /// <summary>The version was proved and protects new blobs.</summary>
    public const string KeyActivated = "key.activated";

    /// <summary>The KEK was disabled and deleted.</summary>
    public const string KekRetired = "kek.retired";

    /// <summary>A rotation began.</summary>
    public const string RotationBegan = "key.rotation.began";

    /// <summary>A version protects nothing new.</summary>
    public const string KeyRetired = "key.retired";

    /// <summary>A version that failed its proof, or that nothing needs, was disabled.</summary>
    public const string KeyDisabled = "key.disabled";

    /// <summary>The vault was told to take a key away.</summary>
    public const string RevocationOrdered = "key.revocation.ordered";

    /// <summary>The vault refuses the key.</summary>
    public const string KeyRevoked = "key.revoked";

    /// <summary>A revocation ended because the key was restored meanwhile.</summary>
    public const string RevocationOverruled = "key.revocation.overruled";

    /// <summary>A version was given back.</summary>
    public const string KeyEnabled = "key.enabled";

    /// <summary>A restored key was proved to unwrap.</summary>
    public const string KeyRestored = "key.restored";

    /// <summary>A restore ended because the key was revoked meanwhile.</summary>
    public const string RestoreOverruled = "key.restore.overruled";

    /// <summary>Another branch became the current one.</summary>
    public const string BranchSealed = "branch.sealed";

    /// <summary>A branch is about to be taken out of the pins.</summary>
    public const string BranchRetired = "branch.retired";

    /// <summary>A restore wrote pins anew that the vault had lost.</summary>
    public const string PinsRestored = "branch.pins.restored";

    /// <summary>A branch's record was made anew.</summary>
    public const string BranchRebuilt = "branch.rebuilt";

    /// <summary>A state of a blob is about to be stored.</summary>
    public const string BlobIntended = "blob.intended";

    /// <summary>A state of a blob is stored.</summary>
    public const string BlobConfirmed = "blob.confirmed";

    /// <summary>A state of a blob is about to be deleted.</summary>
    public const string BlobDeleted = "blob.deleted";

    /// <summary>An audit wrote its report.</summary>
    public const string AuditCompleted = "audit.completed";

    /// <summary>All kinds, in the order of a key's life.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        KekCreated, KekAttested, KeyExported, KeyImported, KeyAttested, KeyActivated, KekRetired,
        RotationBegan, KeyRetired, KeyDisabled,
        RevocationOrdered, KeyRevoked, RevocationOverruled,
        KeyEnabled, KeyRestored, RestoreOverruled,
        BranchSealed, BranchRetired, PinsRestored, BranchRebuilt,
        BlobIntended, BlobConfirmed, BlobDeleted,
        AuditCompleted,
    ];
}
