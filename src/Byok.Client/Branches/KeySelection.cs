using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Client.Branches;

/// <summary>Which key protects a new blob, and which keys may protect what is read: the one place for that rule. It rests on configuration alone.</summary>
public sealed class KeySelection(ClientOptions options)
{
    /// <summary>What the names of rehearsals' blobs begin with; behind it the key's name.</summary>
    public const string CanaryPrefix = "byok-canary/";

    /// <summary>What the names of rehearsals' keys begin with.</summary>
    public const string CanaryKeyPrefix = "byok-canary-";

    /// <summary>The name of the key that protects a new blob: named with it, else by the longest prefix, else the default.</summary>
    /// <param name="blobName">The blob's name.</param>
    /// <param name="namedKey">The key that the upload names; null when it names none.</param>
    /// <exception cref="KeyUnavailableException">No rule names a key, because none has been brought or no default is configured; or it is not accepted.</exception>
    /// <exception cref="ConfigurationException">What is named cannot be a key's name.</exception>
    public string Select(string blobName, string? namedKey)
    {
        ArgumentNullException.ThrowIfNull(blobName);
        var name = namedKey ?? Configured(blobName)
            ?? throw new KeyUnavailableException($"No wrapping key is named for '{blobName}' and there is no default key; bring a key first, or name one.");
        if (!KeyName.IsValid(name))
        {
            throw new ConfigurationException($"'{name}' is named to protect '{blobName}', but it is not a key name.");
        }

        return AcceptedFor(blobName).Contains(name)
            ? name
            : throw new KeyUnavailableException($"'{name}' is named to protect '{blobName}', but it is not an accepted key; bring it, add it to the accepted keys, or name another.");
    }

    /// <summary>The keys that may protect a blob. A rehearsal's blob is protected by the key that was made for that rehearsal, and by no other.</summary>
    public AcceptedKeys AcceptedFor(string blobName) => new(
        blobName.StartsWith(CanaryPrefix + CanaryKeyPrefix, StringComparison.Ordinal) ? [blobName[CanaryPrefix.Length..]]
        : options.FindAcceptedKeys?.Invoke() ?? options.AcceptedKeys ?? (Configured(blobName) is { } name ? [name] : []));

    private string? Configured(string blobName) =>
        options.KeyPrefixes
            .Where(prefix => blobName.StartsWith(prefix.Key, StringComparison.Ordinal))
            .OrderByDescending(prefix => prefix.Key.Length)
            .Select(prefix => prefix.Value)
            .FirstOrDefault()
        ?? (options.FindDefaultKey is { } find ? find() : options.DefaultKey);
}
