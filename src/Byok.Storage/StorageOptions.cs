namespace Byok.Storage;

/// <summary>Names of the containers. The accounts' addresses come with the clients.</summary>
public sealed record StorageOptions
{
    /// <summary>Where plaintext lands. Default <c>uploads</c>.</summary>
    public string UploadsContainer { get; init; } = "uploads";

    /// <summary>Where ciphertext lives, under the same names. Default <c>protected</c>.</summary>
    public string ProtectedContainer { get; init; } = "protected";

    /// <summary>Where the ledger is kept. Default <c>ledger</c>.</summary>
    public string LedgerContainer { get; init; } = "ledger";

    /// <summary>Where the records of branches are kept. Default <c>branches</c>.</summary>
    public string BranchesContainer { get; init; } = "branches";

    /// <summary>Where audit reports are kept. Default <c>audits</c>.</summary>
    public string AuditsContainer { get; init; } = "audits";
}
