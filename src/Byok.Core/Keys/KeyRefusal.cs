using Byok.Core.Errors;

namespace Byok.Core.Keys;

/// <summary>Why an operation on a key is refused.</summary>
/// <param name="Kind">The kind of failure.</param>
/// <param name="Reason">What is the matter with the key and the way back: the sentence without its subject and its stop.</param>
public sealed record KeyRefusal(KeyRefusalKind Kind, string Reason)
{
    /// <summary>The failure, for a key of that name.</summary>
    public ByokException ToException(string keyName)
    {
        var message = $"The key '{keyName}' {Reason}.";
        return Kind == KeyRefusalKind.Unavailable ? new KeyUnavailableException(message) : new KeyStateException(message);
    }
}

/// <summary>The kind of failure that a refusal is.</summary>
public enum KeyRefusalKind
{
    /// <summary>A <see cref="KeyStateException"/>: exit code 1.</summary>
    Conflict,

    /// <summary>A <see cref="KeyUnavailableException"/>: exit code 3.</summary>
    Unavailable,
}
