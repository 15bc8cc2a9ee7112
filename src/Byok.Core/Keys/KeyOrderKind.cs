namespace Byok.Core.Keys;

/// <summary>What an order on a key says.</summary>
public enum KeyOrderKind
{
    /// <summary>The key is to be refused.</summary>
    Revoked,

    /// <summary>The key is being given back.</summary>
    Restoring,

    /// <summary>The key was given back, and unwraps.</summary>
    Restored,
}
