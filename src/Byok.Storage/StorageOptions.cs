namespace Byok.Storage;

/// <summary>Names of the four containers. The account's address comes with the client.</summary>
public sealed record StorageOptions
{
    /// <summary>Where plaintext lands. Default <c>uploads</c>.</summary>
    public string UploadsContainer { get; init; } = "uploads";

    /// <summary>Where ciphertext lives, under the same names. Default <c>protected</c>.</summary>
    public string ProtectedContainer { get; init; } = "protected";

    /// <summary>Where the ledger is kept. Default <c>ledger</c>.</summary>
    public string LedgerContainer { get; init; } = "ledger";

    /// <summary>Where audit reports are kept. Default <c>audits</c>.</summary>
    public string AuditsContainer { get; init; } = "audits";
}
