using Byok.Core.Keys;

namespace Byok.Local.Vault;

/// <summary>A key version as the database holds it. Its private part is in the token, under the version as <c>CKA_ID</c>.</summary>
/// <param name="Name">The key's name.</param>
/// <param name="Version">The version: 32 hex digits.</param>
/// <param name="PublicKey">The public part.</param>
/// <param name="Operations">JWK key operations.</param>
/// <param name="Enabled">Whether it may be used.</param>
/// <param name="NotBefore"><c>nbf</c>.</param>
/// <param name="ExpiresOn"><c>exp</c>.</param>
/// <param name="CreatedOn">When it was made.</param>
/// <param name="UpdatedOn">When it last changed.</param>
/// <param name="DeletedOn">When the key was deleted; null while it is alive.</param>
/// <param name="ScheduledPurgeOn">When a deleted key is purged.</param>
internal sealed record StoredVersion(
    string Name,
    string Version,
    RsaPublicKey PublicKey,
    IReadOnlyList<string> Operations,
    bool Enabled,
    DateTimeOffset? NotBefore,
    DateTimeOffset? ExpiresOn,
    DateTimeOffset CreatedOn,
    DateTimeOffset UpdatedOn,
    IReadOnlyDictionary<string, string> Tags,
    DateTimeOffset? DeletedOn = null,
    DateTimeOffset? ScheduledPurgeOn = null)
{
    /// <summary>The private part's <c>CKA_ID</c>.</summary>
    internal byte[] TokenId => Convert.FromHexString(Version);

    /// <summary>Whether this is a KEK: <c>key_ops</c> exactly <c>import</c>.</summary>
    internal bool IsKeyExchangeKey => Operations is ["import"];

    internal VaultKey ToVaultKey(LocalVaultOptions options) => new()
    {
        Id = new KeyIdentifier(options.VaultUri, Name, Version),
        PublicKey = PublicKey,
        KeyType = "RSA-HSM",
        Operations = Operations,
        Enabled = Enabled,
        CreatedOn = CreatedOn,
        UpdatedOn = UpdatedOn,
        NotBefore = NotBefore,
        ExpiresOn = ExpiresOn,
        RecoveryLevel = options.PurgeProtection ? "Recoverable" : "Recoverable+Purgeable",
        RecoverableDays = options.RecoverableDays,
        Tags = Tags,
    };
}
