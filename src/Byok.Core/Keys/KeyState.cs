namespace Byok.Core.Keys;

/// <summary>Where a wrapping key's name stands, by what the vault lists; <see cref="KeyLife"/> says which.</summary>
public enum KeyState
{
    /// <summary>The vault has no proven version under the name, nor a deleted key: never brought, or destroyed.</summary>
    Purged,

    /// <summary>A first version is imported and not proved yet.</summary>
    Bringing,

    /// <summary>One version is enabled, and it is proved.</summary>
    Brought,

    /// <summary>A proved version is enabled, and others with it: an old one that still reads, or a new one that is not proved yet.</summary>
    Rotating,

    /// <summary>The key was ordered to be refused, and some version of it is enabled.</summary>
    Revoking,

    /// <summary>No version is enabled.</summary>
    Revoked,

    /// <summary>A restore has begun to give it back, and has not proved that it unwraps.</summary>
    Restoring,

    /// <summary>It is deleted and can be recovered.</summary>
    Deleted,
}
