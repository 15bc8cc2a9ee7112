namespace Byok.Core.Keys;

/// <summary>What the table of <see cref="KeyLifecycle"/> allows or refuses.</summary>
public enum KeyOperation
{
    /// <summary>Bring a master key under the name.</summary>
    Bring,

    /// <summary>Put a version to use that a bring or a rotation has under way.</summary>
    Activate,

    /// <summary>Rotate to another master key, asked for or due.</summary>
    Rotate,

    /// <summary>Protect new blobs.</summary>
    Protect,

    /// <summary>Revoke: disable every version.</summary>
    Disable,

    /// <summary>Revoke: delete the key.</summary>
    Delete,

    /// <summary>Give a revoked key back.</summary>
    Restore,
}
