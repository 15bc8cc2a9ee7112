using Byok.Core.Errors;

namespace Byok.Core.Keys;

/// <summary>
/// The transition table of a key: what may be done with it in each state. Every operation and the audit ask here, and nowhere else; docs/OPERATIONS.md
/// shows it. Reading has no row: what unwraps, the vault decides.
/// </summary>
public static class KeyLifecycle
{
    /// <summary>Whether an operation may begin in a state, or go on in it.</summary>
    /// <returns>Null when it may; else why not.</returns>
    public static KeyRefusal? Refusal(KeyState state, KeyOperation operation) => (state, operation) switch
    {
        (KeyState.Purged, KeyOperation.Bring or KeyOperation.Activate or KeyOperation.Restore) => null,
        (KeyState.Purged, _) => new(KeyRefusalKind.Unavailable, "is not in the vault; bring it first, or restore it if it was destroyed"),

        (KeyState.Bringing, KeyOperation.Rotate or KeyOperation.Protect) => new(KeyRefusalKind.Unavailable, "has no proved version yet; wait for its bring, or bring it again"),
        (KeyState.Bringing, _) => null,

        (KeyState.Brought or KeyState.Rotating, KeyOperation.Restore) => new(KeyRefusalKind.Conflict, "is not revoked: it has an enabled, verified version. Nothing was changed"),
        (KeyState.Brought or KeyState.Rotating, _) => null,

        (KeyState.Revoking, KeyOperation.Disable or KeyOperation.Delete or KeyOperation.Restore) => null,
        (KeyState.Revoking, _) => new(KeyRefusalKind.Unavailable, "was revoked, although a version of it is enabled; revoke it again to finish that, or restore it first"),

        (KeyState.Revoked, KeyOperation.Delete or KeyOperation.Restore) => null,
        (KeyState.Revoked, KeyOperation.Disable) => new(KeyRefusalKind.Conflict, "is revoked already: none of its versions is enabled. Nothing was changed"),
        (KeyState.Revoked, _) => new(KeyRefusalKind.Unavailable, "is revoked; restore it first, or take another name"),

        (KeyState.Restoring, KeyOperation.Bring or KeyOperation.Rotate) => new(KeyRefusalKind.Conflict, "is being restored; wait for that, or restore it again if that was cut off"),
        (KeyState.Restoring, _) => null,

        (KeyState.Deleted, KeyOperation.Restore) => null,
        (KeyState.Deleted, KeyOperation.Disable or KeyOperation.Delete) => new(KeyRefusalKind.Conflict, "is deleted already. Nothing was changed"),
        (KeyState.Deleted, _) => new(KeyRefusalKind.Unavailable, "is deleted; restore it first, or take another name"),

        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "There is no such state of a key."),
    };

    /// <summary>Lets an operation pass, or refuses it.</summary>
    /// <exception cref="KeyUnavailableException">The key cannot be used in this state.</exception>
    /// <exception cref="KeyStateException">The operation does not fit the state.</exception>
    public static void Require(string keyName, KeyState state, KeyOperation operation)
    {
        if (Refusal(state, operation) is { } refusal)
        {
            throw refusal.ToException(keyName);
        }
    }
}
