namespace Byok.Pipeline.RevokeKey;

/// <summary>Which key to take away, and how.</summary>
public sealed record RevokeKeyInput
{
    /// <summary>Name of the wrapping key in the vault. In a rehearsal it only names what is rehearsed: the key itself is not touched.</summary>
    public required string KeyName { get; init; }

    /// <summary>How the key is taken away. Default <see cref="RevocationMode.Disable"/>.</summary>
    public RevocationMode Mode { get; init; } = RevocationMode.Disable;

    /// <summary>Whether this is a rehearsal: on a canary key and a canary blob that are made for it and removed afterwards.</summary>
    public bool Rehearsal { get; init; }
}

/// <summary>How a key is taken away.</summary>
public enum RevocationMode
{
    /// <summary>All its enabled versions are disabled.</summary>
    Disable,

    /// <summary>The key is deleted with all its versions; it stays recoverable.</summary>
    Delete,
}
