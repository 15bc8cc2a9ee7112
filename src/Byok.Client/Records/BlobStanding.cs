namespace Byok.Client.Records;

/// <summary>How the ledger stands to a stored state.</summary>
public enum BlobStanding
{
    /// <summary>It is not the blob's last state: a stranger's, or an older one.</summary>
    Unknown,

    /// <summary>A writer intended it; that it was committed is not confirmed.</summary>
    Intended,

    /// <summary>It is the last state that was confirmed.</summary>
    Confirmed,
}
