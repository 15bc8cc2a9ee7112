namespace Byok.Pipeline.AuditKeys;

/// <summary>Findings as they are carried along: exact counts, and the first of each kind by name. Its size is bounded.</summary>
public sealed record FindingTally
{
    /// <summary>Most findings of one kind that are listed.</summary>
    public const int MaxListedPerCode = 25;

    /// <summary>How many there are of each code.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();

    /// <summary>The first of each code.</summary>
    public IReadOnlyList<Finding> Listed { get; init; } = [];

    /// <summary>Counts and lists findings.</summary>
    public static FindingTally Of(IEnumerable<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var counts = new Dictionary<string, long>();
        var listed = new List<Finding>();
        foreach (var finding in findings)
        {
            var count = counts[finding.Code] = counts.GetValueOrDefault(finding.Code) + 1;
            if (count <= MaxListedPerCode)
            {
                listed.Add(finding);
            }
        }

        return new FindingTally { Counts = counts, Listed = listed };
    }

    public FindingTally Plus(FindingTally other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var counts = new Dictionary<string, long>(Counts);
        foreach (var (code, count) in other.Counts)
        {
            counts[code] = counts.GetValueOrDefault(code) + count;
        }

        return new FindingTally
        {
            Counts = counts,
            Listed = [.. Listed.Concat(other.Listed).GroupBy(finding => finding.Code).SelectMany(group => group.Take(MaxListedPerCode))],
        };
    }

    /// <summary>How many there are of a severity.</summary>
    public long Count(Severity severity) => Counts.Where(pair => FindingKinds.Of(pair.Key).Severity == severity).Sum(pair => pair.Value);
}
