using Byok.Core.Keys;

namespace Byok.Pipeline.RotateKey;

/// <summary>How far a rotation is: everything that must outlive a run of the orchestration. Its size does not grow with the number of blobs.</summary>
public sealed record RotationState
{
    /// <summary>The version that all blobs of the key move to.</summary>
    public required KeyIdentifier TargetId { get; init; }

    public required string TargetThumbprint { get; init; }

    /// <summary>Enabled versions that are to be disabled at the end.</summary>
    public required IReadOnlyList<KeyIdentifier> OldVersions { get; init; }

    /// <summary>Settings of this rotation.</summary>
    public required RotationTerms Terms { get; init; }

    /// <summary>When the rotation began.</summary>
    public required DateTimeOffset StartedOn { get; init; }

    /// <summary>When the old versions were retired: a writer that asks the vault after this gets the new one.</summary>
    public required DateTimeOffset RetiredOn { get; init; }

    /// <summary>How many blobs the container held when they were counted.</summary>
    public required long TotalBlobs { get; init; }

    /// <summary>The pass under way, from 1.</summary>
    public required int Pass { get; init; }

    public required DateTimeOffset PassStartedOn { get; init; }

    /// <summary>Whether the grace time is over, so that this pass is the one before disabling.</summary>
    public bool IsGraceOver { get; init; }

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

    /// <summary>The same by the old version they need; by an empty text when their header does not say.</summary>
    public IReadOnlyDictionary<string, long> LeftByVersion { get; init; } = new Dictionary<string, long>();

    /// <summary>The first of them.</summary>
    public IReadOnlyList<UnmovableBlob> Unmovable { get; init; } = [];

    /// <summary>From when on a pass that finds nothing to move proves that nothing is left: no writer can hold an old version in its cache.</summary>
    public DateTimeOffset ProofFrom => RetiredOn + Terms.KeyCacheTime;

    /// <summary>Whether this pass, now at its end, proves that no blob that can be moved is on an old version.</summary>
    public bool IsProof => MovedInPass == 0 && PassStartedOn >= ProofFrom;

    public RotationState After(RewrapPageResult page)
    {
        ArgumentNullException.ThrowIfNull(page);
        // Metadata may name any number of versions that never were; what counts is which of the old ones are needed.
        var byVersion = new Dictionary<string, long>(LeftByVersion);
        foreach (var (version, count) in page.LeftByVersion)
        {
            if (version.Length == 0 || OldVersions.Any(old => old.ToString() == version))
            {
                byVersion[version] = byVersion.GetValueOrDefault(version) + count;
            }
        }

        return this with
        {
            ContinuationToken = page.ContinuationToken,
            Scanned = Scanned + page.Scanned,
            MovedInPass = MovedInPass + page.Moved,
            Moved = page.MovedSoFar,
            Left = Left + page.LeftByVersion.Values.Sum(),
            LeftByVersion = byVersion,
            Unmovable = [.. Unmovable.Concat(page.Unmovable).Take(UnmovableBlob.MaxListed)],
        };
    }

    /// <summary>The state at the start of the next pass, which looks at everything again.</summary>
    public RotationState NextPass(DateTimeOffset now) => this with
    {
        Pass = Pass + 1,
        PassStartedOn = now,
        ContinuationToken = null,
        Scanned = 0,
        MovedInPass = 0,
        Left = 0,
        LeftByVersion = new Dictionary<string, long>(),
        Unmovable = [],
    };
}

/// <summary>Settings of one rotation.</summary>
/// <param name="KeyCacheTime">How long a writer may go on with a version it has cached.</param>
/// <param name="GracePeriod">How long old versions stay enabled after nothing uses them.</param>
/// <param name="PageSize">Blobs of a page.</param>
public sealed record RotationTerms(TimeSpan KeyCacheTime, TimeSpan GracePeriod, int PageSize);
