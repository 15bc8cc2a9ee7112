namespace Byok.Core.Keys;

/// <summary>The tags that the pipeline sets on key versions in the vault.</summary>
public static class KeyTags
{
    /// <summary>The operation that brought this version; makes importing it idempotent.</summary>
    public const string Request = "byok-request";

    /// <summary>The master key's label in the HSM.</summary>
    public const string Label = "byok-label";

    /// <summary><see cref="Active"/>, <see cref="Pending"/>, <see cref="Retired"/> or <see cref="Replaced"/>.</summary>
    public const string State = "byok-state";

    /// <summary>What the key is for: <see cref="KeyExchange"/> or <see cref="Wrapping"/>.</summary>
    public const string Purpose = "byok-purpose";

    /// <summary>The newest order to revoke or restore this version: a <see cref="KeyOrder"/>.</summary>
    public const string Order = "byok-order";

    /// <summary>When this version became active, among the versions of its name: a <see cref="KeyActivation"/>.</summary>
    public const string Activation = "byok-activation";

    /// <summary>The branch that new blobs are written under (docs/FORMAT.md, section 9.1).</summary>
    public const string Branch = "byok-branch";

    /// <summary>Up to five sealed branches, which are only read.</summary>
    public const string Branches = "byok-branches";

    /// <summary>Up to five more.</summary>
    public const string MoreBranches = "byok-branches-2";

    /// <summary>Since when the current branch is the current one, <c>yyyy-MM-ddTHH:mm:ssZ</c>. For rotations and audits; no reader looks at it.</summary>
    public const string BranchSince = "byok-branch-since";

    /// <summary>Imported, not yet verified: protects nothing.</summary>
    public const string Pending = "pending";

    /// <summary>Verified: protects new blobs when it is the newest.</summary>
    public const string Active = "active";

    /// <summary>No longer protects new blobs.</summary>
    public const string Retired = "retired";

    /// <summary>Disabled by a rotation, because nothing needs it any more: no restore enables it.</summary>
    public const string Replaced = "replaced";

    /// <summary>A one-shot KEK.</summary>
    public const string KeyExchange = "key-exchange";

    /// <summary>A wrapping key.</summary>
    public const string Wrapping = "wrapping";
}
