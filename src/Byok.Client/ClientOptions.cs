namespace Byok.Client;

/// <summary>What reading and writing protected blobs needs to know. Vault and key names come from here, never from a payload.</summary>
public record ClientOptions
{
    /// <summary>The wrapping key for uploads that name none and match no prefix; null when every upload must.</summary>
    public string? DefaultKey { get; init; }

    /// <summary>Tells the default key anew for each upload, where it may be chosen while the process runs; null for <see cref="DefaultKey"/>.</summary>
    public Func<string?>? FindDefaultKey { get; init; }

    /// <summary>Wrapping key by blob-name prefix; the longest matching prefix wins.</summary>
    public IReadOnlyDictionary<string, string> KeyPrefixes { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a wrapping key's public part may be used without asking the vault again. Default 1 minute.</summary>
    public TimeSpan KeyCacheTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an unwrapped DEK may stay in memory: the longest time reads go on after a revocation. Default 1 minute.</summary>
    public TimeSpan DekCacheTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Chunks under way at once within one blob. Default 4.</summary>
    public int ChunksInFlight { get; init; } = 4;
}
