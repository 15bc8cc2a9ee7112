using static Byok.Pipeline.AuditKeys.Severity;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Everything that an audit can find.</summary>
public static class FindingKinds
{
    /// <summary>A wrapping key outside the vault's HSM.</summary>
    public static FindingKind KeyNotInVaultHsm { get; } = new(Critical, "key-not-hsm", "Wrapping key is not held by an HSM",
        "The vault keeps this key in software; the promise that it never leaves an HSM does not hold.",
        "Rotate to a key that is brought into a Premium vault or Managed HSM, then disable this version.");

    /// <summary>An exportable wrapping key.</summary>
    public static FindingKind KeyExportable { get; } = new(Critical, "key-exportable", "Wrapping key can be exported",
        "Whoever may release this key can take it out of the vault, and read every blob under it without the vault's knowledge.",
        "Rotate to a key that is not exportable, then disable this version.");

    /// <summary>A version that was not brought from the HSM.</summary>
    public static FindingKind KeyDrift { get; } = new(Critical, "key-drift", "Key version was not brought from your HSM",
        "The vault made this version itself, or somebody imported it past the ceremony: the ledger knows no import of it, and your HSM does not hold it.",
        "Disable the version, switch off the vault's own rotation policy for this key, and find out who made it.");

    /// <summary>A wrapping key that is lost if the vault loses it.</summary>
    public static FindingKind KeyNotRestorable { get; } = new(Critical, "key-not-restorable", "Your HSM no longer holds this key",
        "The vault has the only copy of this key. If it is destroyed there, every blob under it is lost.",
        "Restore the master key to the HSM from its backup, or rotate to one that is there.");

    /// <summary>A key without a usable version.</summary>
    public static FindingKind KeyRevoked { get; } = new(Critical, "key-revoked", "Key has no enabled version",
        "Nothing can be protected with this key, and blobs under it cannot be read.",
        "If that is what you want, nothing. Else restore the key: 'key restore'.");

    /// <summary>A revoked key that unwraps.</summary>
    public static FindingKind KeyHalfRevoked { get; } = new(Critical, "key-half-revoked", "Revoked key has an enabled version",
        "The key was ordered to be refused, and a version of it is enabled: the revocation was cut off, or somebody enabled the version past 'key restore'.",
        "Revoke the key again, or restore it.");

    /// <summary>A restore that was cut off.</summary>
    public static FindingKind KeyHalfRestored { get; } = new(Warning, "key-half-restored", "Restore of a key has not ended",
        "A restore has begun to give this key back, and has not proved that all of it unwraps: it is under way, or was cut off.",
        "Wait for the restore, or restore the key again.");

    /// <summary>A version that was imported and never proved.</summary>
    public static FindingKind KeyUnproved { get; } = new(Warning, "key-unproved", "Imported key version was never proved",
        "An import stopped before the version was proved to be your HSM's key. It protects nothing, but it is enabled.",
        "Bring the key again, and disable this version.");

    /// <summary>No expiry.</summary>
    public static FindingKind KeyWithoutExpiry { get; } = new(Warning, "key-no-expiry", "Key version has no expiry",
        "Nothing reminds anybody to rotate this key.",
        "Set an expiry on the version, or rotate.");

    /// <summary>Expiry near or past.</summary>
    public static FindingKind KeyExpires { get; } = new(Warning, "key-expires-soon", "Key version expires soon or has expired",
        "Reading goes on after the expiry, but the vault may refuse other operations and policies may take action.",
        "Rotate the key.");

    /// <summary>Older than policy.</summary>
    public static FindingKind KeyTooOld { get; } = new(Warning, "key-age", "Key is older than the policy allows",
        "The longer a key is in use, the more data depends on it.",
        "Rotate the key.");

    /// <summary>A KEK that was not retired.</summary>
    public static FindingKind KekLeftBehind { get; } = new(Warning, "kek-left-behind", "Key exchange key was not retired",
        "While a KEK lives, the transfer blob that was wrapped to it can be imported again.",
        "Delete the KEK.");

    /// <summary>No purge protection.</summary>
    public static FindingKind VaultWithoutPurgeProtection { get; } = new(Warning, "vault-purge", "Vault has no purge protection",
        "Whoever may purge can destroy a deleted key at once; only your HSM could bring it back then.",
        "Switch on purge protection. It cannot be switched off again.");

    /// <summary>The HSM did not answer.</summary>
    public static FindingKind HsmUnreachable { get; } = new(Notice, "hsm-unreachable", "Your HSM did not answer",
        "Whether the keys in the vault are still in your HSM could not be checked this time.",
        "See that the agent beside the HSM runs; the next audit checks again.");

    /// <summary>No envelope.</summary>
    public static FindingKind BlobUnencrypted { get; } = new(Critical, "blob-unencrypted", "Unencrypted blob in the protected container",
        "This blob has no envelope: it was put there past the pipeline, and whoever may read storage can read it.",
        "Upload it to the uploads container instead, so that it gets encrypted, and delete it here.");

    /// <summary>A broken envelope.</summary>
    public static FindingKind BlobMalformed { get; } = new(Critical, "blob-malformed", "Envelope cannot be read",
        "Fields of the envelope are missing, unknown or not in their form. The blob cannot be read.",
        "Restore the blob's metadata from a backup or an earlier version.");

    /// <summary>MAC, commitment or wrapped DEK.</summary>
    public static FindingKind BlobHeaderAltered { get; } = new(Critical, "blob-header", "Header was altered",
        "The header does not verify under the blob's own key: it was changed after the pipeline wrote it. The blob cannot be read.",
        "Find out who wrote the blob's metadata, and restore it from a backup or an earlier version.");

    /// <summary>Another blob in its place.</summary>
    public static FindingKind BlobOutOfPlace { get; } = new(Critical, "blob-out-of-place", "Blob was protected under another name",
        "An intact blob stands under a name that is not its own: it was copied over this one, or renamed.",
        "If it was renamed on purpose, read it with --allow-renamed and protect it anew; else restore the blob that belongs here.");

    /// <summary>Truncated or extended.</summary>
    public static FindingKind BlobLength { get; } = new(Critical, "blob-length", "Blob is shorter or longer than its header says",
        "Data is missing or was added. The blob cannot be read.",
        "Restore the blob from a backup or an earlier version.");

    /// <summary>A chunk that does not verify.</summary>
    public static FindingKind BlobChunkAltered { get; } = new(Critical, "blob-chunk", "Data was altered",
        "A chunk of this blob does not verify. What is left of it cannot be trusted.",
        "Restore the blob from a backup or an earlier version.");

    /// <summary>An older state put back.</summary>
    public static FindingKind BlobRolledBack { get; } = new(Critical, "blob-rollback", "Older state of a blob was put back",
        "The blob is intact, but the ledger knows a newer state of it, or its deletion: somebody put an old copy back. Rotation and re-encryption leave it as it is.",
        "Find out who wrote the blob, and restore the newest version. If the older one is to stay, decrypt it, and upload it again.");

    /// <summary>A stranger's blob under a name of ours.</summary>
    public static FindingKind BlobForeign { get; } = new(Critical, "blob-foreign", "Another blob stands in the place of yours",
        "The ledger knows this name, and not this blob: it was put there past the pipeline. Who held the key of its branch can make one that " +
        "decrypts and verifies. Rotation and re-encryption leave it as it is.",
        "Do not trust its content. Find out who wrote it, and restore the right blob from a backup, or upload it again.");

    public static FindingKind BlobGone { get; } = new(Critical, "blob-gone", "Blob is gone, and no deletion was recorded",
        "The ledger knows this blob, and it is not stored any more: somebody deleted or renamed it past the pipeline. A blob that you deleted by hand is reported as well, as " +
        "nothing recorded that.",
        "Find out who deleted it, and restore it from a backup. If that was you, there is nothing to do; the finding stays until the name is uploaded again.");

    /// <summary>Committed and not confirmed.</summary>
    public static FindingKind BlobAhead { get; } = new(Warning, "blob-ahead-of-ledger", "Blob was ahead of the ledger",
        "An operation wrote this state, as it had announced in the ledger, and ended before it confirmed that. The audit has verified the blob's header and confirmed it in " +
        "the operation's place, unless the key is unavailable.",
        "Nothing. If it happens again and again, find out why operations end early.");

    public static FindingKind BlobNotInLedger { get; } = new(Warning, "blob-not-in-ledger", "The ledger does not know this blob",
        "No operation of the pipeline recorded it. Who held the key of its branch, and can write to storage, can make such a blob.",
        "Find out where it comes from; if it is yours, protect it anew.");

    /// <summary>A branch whose key no version unwraps.</summary>
    public static FindingKind BlobKeyUnknown { get; } = new(Critical, "blob-key-unknown", "Blob needs a key version that the vault does not have",
        "No version in the vault unwraps the key of this blob's branch, neither by the branch's record nor by the blob's copy. The blob cannot be read.",
        "Restore the key: 'key restore'.");

    /// <summary>A disabled version.</summary>
    public static FindingKind BlobKeyDisabled { get; } = new(Critical, "blob-key-disabled", "Blob needs a key version that is disabled",
        "The blob cannot be read while the version is disabled.",
        "If the key was revoked on purpose, nothing. Else restore the key, or make the record of the blob's branch anew: 'branch rebuild'.");

    /// <summary>A branch that is retired, or never was one.</summary>
    public static FindingKind BlobBranchNotPinned { get; } = new(Critical, "blob-branch-not-pinned", "Blob is under a branch that is not pinned",
        "The vault pins no such branch for this key: it was retired, or somebody made one of his own. The blob is refused, and nothing of it is unwrapped.",
        "Find out who wrote it, and restore the right blob from a backup that is younger than the branch's retirement, or upload it again.");

    /// <summary>A key that the settings do not accept.</summary>
    public static FindingKind BlobKeyNotAccepted { get; } = new(Critical, "blob-key-not-accepted", "Blob is under a key that is not accepted",
        "The settings do not accept this key for this blob. It is refused, and nothing of it is unwrapped.",
        "If the key is a former one of yours, add it to the accepted keys. Else do not trust the blob, and find out who wrote it.");

    /// <summary>Made before the first release.</summary>
    public static FindingKind BlobOfEarlierBuild { get; } = new(Critical, "blob-earlier-build", "Blob was made by an earlier build",
        "A build from before the first release made it, in a form that nothing reads any more.",
        "Decrypt it with the build that made it, and upload it again.");

    /// <summary>A record that says something else than an intact blob.</summary>
    public static FindingKind BlobCopyDisagrees { get; } = new(Warning, "branch-copy-disagrees", "Branch record and blob name different keys",
        "The blob's header verifies, and its copy of the wrapped branch key says that another key wrapped it than the branch's record says of the same version: the record was altered. The copies serve.",
        "Find out who wrote the record, and make it anew: 'branch rebuild'.");

    /// <summary>No pins, or pins that cannot be read.</summary>
    public static FindingKind KeyPinsUnreadable { get; } = new(Critical, "key-pins", "Pinned branches of a key cannot be read",
        "The tags in the vault that say which branches count were removed or damaged. No blob under this key can be read or written.",
        "Find out who changed the tags, and restore the key: 'key restore'.");

    /// <summary>No record.</summary>
    public static FindingKind BranchRecordMissing { get; } = new(Warning, "branch-record-missing", "Record of a branch is missing",
        "The branch's key is only in its blobs' own copies, which serve as long as a version that they name is there.",
        "Make the record anew: 'branch rebuild'.");

    /// <summary>A record that says nothing.</summary>
    public static FindingKind BranchRecordMalformed { get; } = new(Warning, "branch-record-malformed", "Record of a branch is malformed",
        "The record is not in its form, or of another key or branch: somebody wrote it past the pipeline. The blobs' own copies serve.",
        "Find out who wrote to the container of records, and make the record anew: 'branch rebuild'.");

    /// <summary>A branch that would be lost with an old version.</summary>
    public static FindingKind BranchUnproved { get; } = new(Critical, "branch-unproved", "Branch has no wrapping that an enabled version unwraps",
        "By its record no enabled version of the key unwraps this branch. Its blobs are read by their own copies, or not at all.",
        "Make the record anew: 'branch rebuild'.");

    /// <summary>Nearly as many sealed branches as there may be.</summary>
    public static FindingKind BranchesNearLimit { get; } = new(Warning, "branches-near-limit", "Key has nearly as many sealed branches as there may be",
        "When ten are sealed, a rotation that needs a new branch is refused.",
        "Retire one: 'key rotate NAME --branch ID'.");

    /// <summary>Older than policy.</summary>
    public static FindingKind BranchTooOld { get; } = new(Warning, "branch-age", "Current branch is older than the policy allows",
        "The longer a branch is in use, the more data one unwrap opens.",
        "Rotate the key, which makes a new one.");

    /// <summary>Plaintext that stays.</summary>
    public static FindingKind PlaintextLeftOver { get; } = new(Warning, "upload-left-over", "Plaintext left over in the uploads container",
        "This upload has not been encrypted, or its plaintext was not deleted afterwards. Whoever may read storage can read it.",
        "Look at the operation that should have encrypted it; upload it again, or delete it.");

    /// <summary>The chain is broken.</summary>
    public static FindingKind LedgerBroken { get; } = new(Critical, "ledger-broken", "Ledger was altered",
        "The hash chain does not hold: entries were changed, dropped, reordered or inserted. What comes after cannot be trusted.",
        "Find out who wrote to the ledger container, and restore it from a backup.");

    /// <summary>Its end is missing.</summary>
    public static FindingKind LedgerCut { get; } = new(Critical, "ledger-cut", "Ledger lost entries that an earlier audit saw",
        "The ledger is shorter than, or another one than, the last audit recorded: it was cut off or replaced.",
        "Find out who wrote to the ledger container, and restore it from a backup.");

    public static IReadOnlyList<FindingKind> All { get; } =
    [
        KeyNotInVaultHsm, KeyExportable, KeyDrift, KeyNotRestorable, KeyRevoked, KeyHalfRevoked, KeyHalfRestored, KeyUnproved, KeyWithoutExpiry, KeyExpires, KeyTooOld,
        KekLeftBehind, VaultWithoutPurgeProtection, HsmUnreachable, BlobUnencrypted, BlobMalformed, BlobHeaderAltered, BlobOutOfPlace,
        BlobLength, BlobChunkAltered, BlobRolledBack, BlobForeign, BlobGone, BlobAhead, BlobNotInLedger, BlobKeyUnknown, BlobKeyDisabled, BlobBranchNotPinned,
        BlobKeyNotAccepted, BlobOfEarlierBuild, BlobCopyDisagrees, KeyPinsUnreadable, BranchRecordMissing, BranchRecordMalformed, BranchUnproved, BranchesNearLimit, BranchTooOld,
        PlaintextLeftOver, LedgerBroken, LedgerCut,
    ];

    /// <summary>The kind with a code.</summary>
    public static FindingKind Of(string code) => All.First(kind => kind.Code == code);
}
