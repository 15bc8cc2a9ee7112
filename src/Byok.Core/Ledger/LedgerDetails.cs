namespace Byok.Core.Ledger;

/// <summary>Names of details that are read back as well as written; the others stand where <see cref="LedgerEvents"/> writes them.</summary>
internal static class LedgerDetails
{
    public const string Thumbprint = "thumbprint";
    public const string By = "by";
    public const string Mac = "mac";
    public const string Replaces = "replaces";
    public const string Order = "order";
    public const string Branch = "branch";
    public const string Sealed = "sealed";
    public const string Retired = "retired";
}
