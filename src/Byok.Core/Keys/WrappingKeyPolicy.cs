namespace Byok.Core.Keys;

/// <summary>
/// The rules about a wrapping key's versions and time: which protects new blobs, which are in use, which a rotation retires, and which are due, expiring or expired.
/// What may be done with the key as a whole, <see cref="KeyLifecycle"/> says.
/// </summary>
/// <param name="MaxAge">Age at which a version is to be rotated.</param>
/// <param name="ExpiryWarning">How long before its expiry a version counts as expiring.</param>
/// <param name="ProofTime">How long a version may wait for its proof.</param>
public sealed record WrappingKeyPolicy(TimeSpan MaxAge, TimeSpan ExpiryWarning, TimeSpan ProofTime)
{
    /// <summary>Whether the vault's key is a wrapping key that the pipeline brought.</summary>
    public static bool IsWrappingKey(VaultKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Tags.GetValueOrDefault(KeyTags.Purpose) == KeyTags.Wrapping;
    }

    /// <summary>Whether a version was proved and is not retired, enabled or not.</summary>
    public static bool IsActive(VaultKey version) => StateOf(version) == KeyTags.Active;

    /// <summary>Whether a version goes on unwrapping and protects nothing new.</summary>
    public static bool IsRetired(VaultKey version) => StateOf(version) == KeyTags.Retired;

    /// <summary>Whether a version is in use: a revocation takes it, and a restore gives it back.</summary>
    public static bool IsInUse(VaultKey version) => StateOf(version) is KeyTags.Active or KeyTags.Retired;

    /// <summary>Whether a version was ever proved to be the HSM's key.</summary>
    public static bool IsProved(VaultKey version) => StateOf(version) is KeyTags.Active or KeyTags.Retired or KeyTags.Replaced;

    /// <summary>Whether a version may protect new blobs.</summary>
    public static bool MayProtect(VaultKey version) => IsActive(version) && version.Enabled;

    /// <summary>The version that protects new blobs: the newest that may, of several made in one second the last. Null when there is none.</summary>
    public static VaultKey? CurrentOf(IEnumerable<VaultKey> versions) => versions.Where(MayProtect).OrderBy(version => version.CreatedOn).LastOrDefault();

    /// <summary>The versions that a rotation to a target takes out of use: every other proved one that is enabled. Those that are still active are to be retired.</summary>
    public static IEnumerable<VaultKey> ReplacedBy(KeyIdentifier target, IEnumerable<VaultKey> versions) =>
        versions.Where(version => version.Id != target && version.Enabled && IsProved(version));

    /// <summary>Where a version stands, in a word to show.</summary>
    public static string Describe(VaultKey version)
    {
        var state = StateOf(version);
        return version.Enabled ? state ?? "not brought" : "disabled";
    }

    /// <summary>Whether a version that may protect has reached the age at which it is to be rotated.</summary>
    public bool IsTooOld(VaultKey version, DateTimeOffset now) => MayProtect(version) && now - version.CreatedOn >= MaxAge;

    /// <summary>The version because of which a rotation is due; null when none is, or when the key's state allows none.</summary>
    public VaultKey? DueForRotation(KeyLife life, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(life);
        return KeyLifecycle.Refusal(life.State, KeyOperation.Rotate) is null && life.Current is { } current && IsTooOld(current, now) ? current : null;
    }

    /// <summary>Whether a version has expired, or will soon. An expired version still unwraps.</summary>
    public bool IsExpiring(VaultKey version, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(version);
        return version.ExpiresOn - now < ExpiryWarning;
    }

    /// <summary>Whether a version has expired.</summary>
    public static bool IsExpired(VaultKey version, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(version);
        return version.ExpiresOn < now;
    }

    /// <summary>Whether a version waits for its proof for longer than a bring takes.</summary>
    public bool IsUnproved(VaultKey version, DateTimeOffset now) => StateOf(version) == KeyTags.Pending && now - version.CreatedOn > ProofTime;

    private static string? StateOf(VaultKey version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return version.Tags.GetValueOrDefault(KeyTags.State);
    }
}
