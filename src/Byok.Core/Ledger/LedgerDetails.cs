namespace Byok.Core.Ledger;

/// <summary>Names of details that are read back as well as written; the others stand where <see cref="LedgerEvents"/> writes them.</summary>
internal static class LedgerDetails
{
    public const string Thumbprint = "thumbprint";
    public const string By = "by";
    public const string Mac = "mac";
    public const string Generation = "generation";
    public const string Replaces = "replaces";
    public const string Order = "order";
}
