namespace Byok.Pipeline.AuditKeys;

/// <summary>How far an audit is. Its size does not grow with the number of blobs.</summary>
public sealed record AuditState
{
    /// <summary>Most branches that coverage tells apart; blobs of more are counted together, under an empty text.</summary>
    public const int MaxBranches = 100;

    public required DateTimeOffset StartedOn { get; init; }

    /// <summary>The vault's host name.</summary>
    public required string Vault { get; init; }

    /// <summary>The wrapping keys.</summary>
    public required IReadOnlyList<AuditedKey> Keys { get; init; }

    /// <summary>Protected blobs when they were counted.</summary>
    public long TotalBlobs { get; init; }

    /// <summary>Findings so far.</summary>
    public FindingTally Findings { get; init; } = new();

    /// <summary>Whether all blobs have been looked at, so that they are compared with the ledger next.</summary>
    public bool AreBlobsDone { get; init; }

    /// <summary>Where the listing goes on.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Blobs that were looked at.</summary>
    public long Blobs { get; init; }

    /// <summary>Bytes of plaintext in those whose header verified; never more than fit the number.</summary>
    public long PlaintextBytes { get; init; }

    /// <summary>Blobs whose data was verified.</summary>
    public long ScrubbedBlobs { get; init; }

    /// <summary>Blobs by key and branch.</summary>
    public IReadOnlyDictionary<string, long> Coverage { get; init; } = new Dictionary<string, long>();

    /// <summary>The state after a page of blobs.</summary>
    public AuditState After(AuditBlobsResult page)
    {
        ArgumentNullException.ThrowIfNull(page);
        var coverage = new Dictionary<string, long>(Coverage);
        foreach (var (branch, count) in page.Coverage)
        {
            var name = coverage.ContainsKey(branch) || coverage.Count < MaxBranches ? branch : string.Empty;
            coverage[name] = coverage.GetValueOrDefault(name) + count;
        }

        return this with
        {
            Findings = Findings.Plus(page.Findings),
            ContinuationToken = page.ContinuationToken,
            AreBlobsDone = page.ContinuationToken is null,
            Blobs = Blobs + page.Blobs,
            PlaintextBytes = PlaintextBytes + Math.Min(page.PlaintextBytes, long.MaxValue - PlaintextBytes),
            ScrubbedBlobs = ScrubbedBlobs + page.ScrubbedBlobs,
            Coverage = coverage,
        };
    }
}
