namespace Byok.Local.Vault;

/// <summary>How the local vault presents itself.</summary>
public sealed record LocalVaultOptions
{
    /// <summary>The vault's address, as it stands in key identifiers. Default: <c>https://byok-local.vault.local</c>. Nothing needs to listen there.</summary>
    public Uri VaultUri { get; init; } = new("https://byok-local.vault.local");

    /// <summary>Whether purging a deleted key before its time is refused. Default: false, as in a new Key Vault.</summary>
    public bool PurgeProtection { get; init; }

    /// <summary>Days that a deleted key stays recoverable, 7 to 90. Default: 90.</summary>
    public int RecoverableDays { get; init; } = 90;

    /// <summary>Whether key versions that the token lacks count as purged; by default the vault does not open then.</summary>
    public bool ForgetsMissingKeys { get; init; }

    /// <summary>What to do when the token lacks keys, for the message.</summary>
    public string WayBackOfMissingKeys { get; init; } = "restore the token and the database from the same backup";
}
