using Azure.Security.KeyVault.Keys;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.KeyVault;

/// <summary>Between the client's key types and ours.</summary>
internal static class KeyMapping
{
    /// <summary>A key version as the service describes it.</summary>
    public static VaultKey ToVaultKey(KeyVaultKey key)
    {
        var properties = key.Properties;
        return new VaultKey
        {
            Id = KeyIdentifier.TryParse(key.Id?.ToString(), out var id)
                ? id
                : throw new VaultException($"The vault answered with '{key.Id}', which is not a versioned key identifier."),
            PublicKey = key.Key is { N.Length: > 0, E.Length: > 0 } rsa ? RsaPublicKey.FromBytes(rsa.N, rsa.E) : null,
            KeyType = key.KeyType.ToString(),
            Operations = [.. (key.KeyOperations ?? []).Select(operation => operation.ToString())],
            Enabled = properties.Enabled ?? true,
            CreatedOn = properties.CreatedOn ?? DateTimeOffset.MinValue,
            UpdatedOn = properties.UpdatedOn ?? DateTimeOffset.MinValue,
            NotBefore = properties.NotBefore,
            ExpiresOn = properties.ExpiresOn,
            Exportable = properties.Exportable ?? false,
            RecoveryLevel = properties.RecoveryLevel ?? string.Empty,
            RecoverableDays = properties.RecoverableDays,
            Tags = new Dictionary<string, string>(properties.Tags),
        };
    }

    /// <summary>A deleted key as the service describes it.</summary>
    public static DeletedVaultKey ToDeletedVaultKey(DeletedKey key) =>
        new(ToVaultKey(key), key.DeletedOn ?? DateTimeOffset.MinValue, key.ScheduledPurgeDate ?? DateTimeOffset.MaxValue);

    /// <summary>Sets what is given; null stays unset, and the service leaves it as it is.</summary>
    public static void Apply(KeyAttributes attributes, KeyProperties properties)
    {
        properties.Enabled = attributes.Enabled;
        properties.NotBefore = attributes.NotBefore;
        properties.ExpiresOn = attributes.ExpiresOn;
        CopyTags(attributes.Tags, properties.Tags);
    }

    /// <summary>Copies tags, if any are given.</summary>
    public static void CopyTags(IReadOnlyDictionary<string, string>? source, IDictionary<string, string> target)
    {
        foreach (var (name, value) in source ?? new Dictionary<string, string>())
        {
            target[name] = value;
        }
    }
}
