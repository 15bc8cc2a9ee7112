namespace Byok.Pipeline.AuditKeys;

/// <summary>How deep to look.</summary>
public sealed record AuditKeysInput
{
    /// <summary>Share of the blobs whose data is read and verified whole, in percent, chosen at random. Default 1; 100 for all, 0 for none.</summary>
    public int ScrubPercent { get; init; } = 1;

    /// <summary>How far the audit is; null at its start. The orchestration hands it to itself to keep its history short.</summary>
    public AuditState? State { get; init; }
}

/// <summary>How an audit ended.</summary>
/// <param name="Criticals">Critical findings.</param>
/// <param name="Blobs">Protected blobs.</param>
/// <param name="ReportName">The report's name in the audits container, without <c>.json</c> and <c>.html</c>.</param>
public sealed record AuditKeysResult(Verdict Verdict, long Criticals, long Warnings, long Notices, long Blobs, string ReportName);

/// <summary>What an audit comes down to.</summary>
public enum Verdict
{
    /// <summary>Nothing needs attention.</summary>
    Healthy,

    /// <summary>There are warnings.</summary>
    Attention,

    /// <summary>There are critical findings.</summary>
    Danger,
}

/// <summary>Where an audit stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
/// <param name="BlobsDone">Blobs that were looked at.</param>
/// <param name="BlobsTotal">Blobs that were there at its start.</param>
/// <param name="Findings">Findings so far.</param>
public sealed record AuditProgress(string Stage, long BlobsDone, long BlobsTotal, long Findings);
