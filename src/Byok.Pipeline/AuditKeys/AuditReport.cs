namespace Byok.Pipeline.AuditKeys;

/// <summary>An audit's report, as it is stored in JSON and shown as a page.</summary>
public sealed record AuditReport
{
    /// <summary>Its name in the audits container, without ending.</summary>
    public required string Name { get; init; }

    public required string OperationId { get; init; }

    /// <summary>When the audit began.</summary>
    public required DateTimeOffset StartedOn { get; init; }

    public required DateTimeOffset EndedOn { get; init; }

    /// <summary>The vault's host name.</summary>
    public required string Vault { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>Critical findings.</summary>
    public required long Criticals { get; init; }

    public required long Warnings { get; init; }

    public required long Notices { get; init; }

    /// <summary>Protected blobs.</summary>
    public required long Blobs { get; init; }

    /// <summary>Bytes of plaintext in those whose header verified.</summary>
    public required long PlaintextBytes { get; init; }

    /// <summary>Blobs whose data was read and verified whole.</summary>
    public required long ScrubbedBlobs { get; init; }

    /// <summary>The wrapping keys.</summary>
    public required IReadOnlyList<AuditedKey> Keys { get; init; }

    /// <summary>Blobs by the key and branch that they name, <c>KEY/BRANCH</c>; by an empty text for branches beyond the first hundred.</summary>
    public required IReadOnlyDictionary<string, long> Coverage { get; init; }

    /// <summary>How many findings there are of each code.</summary>
    public required IReadOnlyDictionary<string, long> FindingCounts { get; init; }

    /// <summary>The findings, worst first; of each code the first 25.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    public required AuditLedgerResult Ledger { get; init; }

    /// <summary>Earlier audits, newest first.</summary>
    public required IReadOnlyList<PastAudit> History { get; init; }
}

/// <summary>An earlier audit, in short.</summary>
/// <param name="Name">Its name in the audits container, without ending.</param>
/// <param name="StartedOn">When it began.</param>
/// <param name="Criticals">Critical findings.</param>
/// <param name="Blobs">Protected blobs.</param>
/// <param name="LedgerHash">Hash of the last of them.</param>
public sealed record PastAudit(
    string Name, DateTimeOffset StartedOn, Verdict Verdict, long Criticals, long Warnings, long Blobs, long LedgerEntries, string LedgerHash);
