using Byok.Core.Errors;

namespace Byok.Core.Keys;

/// <summary>One version of a key as the vault describes it: public part and attributes, never private material.</summary>
public sealed record VaultKey
{
    /// <summary>The versioned identifier.</summary>
    public required KeyIdentifier Id { get; init; }

    /// <summary>The public part; null for a key that is not RSA.</summary>
    public required RsaPublicKey? PublicKey { get; init; }

    /// <summary>JWK key type as the vault says it, for example <c>RSA-HSM</c>.</summary>
    public required string KeyType { get; init; }

    /// <summary>JWK key operations, for example <c>import</c> or <c>wrapKey</c>.</summary>
    public required IReadOnlyList<string> Operations { get; init; }

    /// <summary>Whether the version may be used.</summary>
    public required bool Enabled { get; init; }

    /// <summary>When the vault made or imported this version.</summary>
    public required DateTimeOffset CreatedOn { get; init; }

    /// <summary>When an attribute of this version last changed.</summary>
    public required DateTimeOffset UpdatedOn { get; init; }

    /// <summary>The <c>nbf</c> attribute; null when not set.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The <c>exp</c> attribute; null when not set. Expiry is not revocation: an expired key still unwraps.</summary>
    public DateTimeOffset? ExpiresOn { get; init; }

    /// <summary>Whether the private part may leave the vault.</summary>
    public bool Exportable { get; init; }

    /// <summary>The recovery level as the vault says it, for example <c>Recoverable+Purgeable</c> or <c>Recoverable</c>.</summary>
    public string RecoveryLevel { get; init; } = string.Empty;

    /// <summary>Days a deleted key stays recoverable, 7 to 90; null when the vault does not say.</summary>
    public int? RecoverableDays { get; init; }

    /// <summary>The version's tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The public part of a key that has to have one, because it wraps.</summary>
    /// <exception cref="VaultException">The vault gave none.</exception>
    public RsaPublicKey RequirePublicKey() => PublicKey ?? throw new VaultException($"The vault gave no RSA public key for {Id}; it cannot wrap.");

    /// <summary>Whether the private part is held by the vault's HSM (key type ends in <c>-HSM</c>).</summary>
    public bool IsHsmProtected => KeyType.EndsWith("-HSM", StringComparison.Ordinal);

    /// <summary>Whether the vault is protected against purge: a deleted key cannot be destroyed before its time.</summary>
    public bool IsPurgeProtected => RecoveryLevel.Length > 0 && !RecoveryLevel.Contains("Purgeable", StringComparison.Ordinal);
}
