namespace Byok.Core.Transfer;

/// <summary>How much a finding weighs.</summary>
public enum TransferBlobSeverity
{
    /// <summary>Unusual; the vault may still accept the blob.</summary>
    Warning,

    /// <summary>The blob is refused.</summary>
    Error,
}
