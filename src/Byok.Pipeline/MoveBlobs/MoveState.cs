namespace Byok.Pipeline.MoveBlobs;

/// <summary>How far a move of blobs is: everything that must outlive a run of the orchestration. Its size does not grow with the number of blobs.</summary>
public sealed record MoveState
{
    /// <summary>Most unmovable blobs that are listed by name; the count is always exact.</summary>
    public const int MaxListed = 100;

    /// <summary>Which blobs move.</summary>
    public required MoveScope Scope { get; init; }

    /// <summary>Blobs that one activity looks at.</summary>
    public required int PageSize { get; init; }

    /// <summary>From when on a pass that finds nothing to move proves that nothing is left: no writer can hold what was current before in its cache.</summary>
    public required DateTimeOffset ProofFrom { get; init; }

    /// <summary>How many blobs the container held when they were counted.</summary>
    public required long TotalBlobs { get; init; }

    /// <summary>The pass under way, from 1.</summary>
    public required int Pass { get; init; }

    public required DateTimeOffset PassStartedOn { get; init; }

    /// <summary>Where the pass goes on in the listing; null at its start and its end.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Blobs that this pass has looked at.</summary>
    public long Scanned { get; init; }

    /// <summary>Blobs that this pass has moved.</summary>
    public long MovedInPass { get; init; }

    /// <summary>Blobs that were moved by all passes, as the ledger counts them.</summary>
    public long Moved { get; init; }

    /// <summary>Blobs of this pass that could not be moved.</summary>
    public long Left { get; init; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<UnmovableBlob> Unmovable { get; init; } = [];

    /// <summary>Whether this pass, now at its end, proves that no blob that can be moved is left.</summary>
    public bool IsProof => MovedInPass == 0 && PassStartedOn >= ProofFrom;

    public MoveState After(RewrapPageResult page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return this with
        {
            ContinuationToken = page.ContinuationToken,
            Scanned = Scanned + page.Scanned,
            MovedInPass = MovedInPass + page.Moved,
            Moved = page.MovedSoFar,
            Left = Left + page.Left,
            Unmovable = [.. Unmovable.Concat(page.Unmovable).Take(MaxListed)],
        };
    }

    /// <summary>The state at the start of the next pass, which looks at everything again.</summary>
    public MoveState NextPass(DateTimeOffset now) => this with
    {
        Pass = Pass + 1,
        PassStartedOn = now,
        ContinuationToken = null,
        Scanned = 0,
        MovedInPass = 0,
        Left = 0,
        Unmovable = [],
    };
}
