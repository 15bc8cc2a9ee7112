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

    /// <summary>
    /// The key names that may protect blobs here. Null: for each blob the key of the longest matching prefix, else the default key. Former keys whose blobs are still to
    /// be read have to be listed.
    /// </summary>
    public IReadOnlyCollection<string>? AcceptedKeys { get; init; }

    /// <summary>Tells the accepted keys anew each time, where keys may be brought while the process runs; null for <see cref="AcceptedKeys"/>.</summary>
    public Func<IReadOnlyCollection<string>>? FindAcceptedKeys { get; init; }

    /// <summary>
    /// How long what the vault said may be used without asking it again: pins, public parts, and branch keys, counted from when the unwrapping began. So it is the
    /// longest time for which reads go on after a revocation. Default 1 minute.
    /// </summary>
    public TimeSpan KeyCacheTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Chunks under way at once within one blob. Default 4.</summary>
    public int ChunksInFlight { get; init; } = 4;
}
