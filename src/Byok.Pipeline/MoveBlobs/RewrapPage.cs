using System.Collections.Concurrent;
using Byok.Client.Branches;
using Byok.Client.Records;
using Byok.Core.Envelope;
using Byok.Core.Orchestration;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.MoveBlobs;

/// <summary>
/// Moves one page of blobs. The listing carries metadata and ETag, so a blob costs one conditional write; what is about to be written is recorded before, and what was
/// written after it, for all of them together. Blobs that are where they belong cost nothing, so a second run of a page does what is left of it, and confirms what the
/// first had written when it died.
/// </summary>
public sealed class RewrapPage(StorageAccount storage, BlobRewrapper rewrapper, BlobRecords records) : Activity<RewrapPageInput, RewrapPageResult>
{
    public const string Name = "RewrapPage";

    /// <summary>Blobs under way at once.</summary>
    public const int Parallelism = 16;

    /// <summary>How often a blob that others write meanwhile is tried.</summary>
    private const int MaxRounds = 10;

    public override async Task<RewrapPageResult> RunAsync(RewrapPageInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (blobs, next) = await storage.Protected.ListPageAsync(input.ContinuationToken, input.PageSize, cancellationToken).ConfigureAwait(false);
        var (known, movedBefore) = await ReadRecordsAsync(input, blobs, cancellationToken).ConfigureAwait(false);
        var moved = await ConfirmOwnAsync(input, known, cancellationToken).ConfigureAwait(false);
        var candidates = known.FindAll(blob => input.Scope.Holds(blob.Blob));
        var result = new RewrapPageResult { ContinuationToken = next, Scanned = blobs.Count };
        if (input.Scope.Deep)
        {
            return result with
            {
                Moved = moved,
                MovedSoFar = movedBefore + moved,
                ToReencrypt = [.. candidates.Select(blob => blob.Blob.Name)],
            };
        }

        using var target = await rewrapper.OpenTargetAsync(input.Scope.KeyName, cancellationToken).ConfigureAwait(false);
        var left = new List<Rewrap>();
        for (var round = 1; candidates.Count > 0; round++)
        {
            var done = await RewrapAsync(input, candidates, target, cancellationToken).ConfigureAwait(false);
            moved += done.Count(rewrap => rewrap.Intent is not null);
            var busy = round < MaxRounds ? done.FindAll(rewrap => rewrap.Unmovable?.Reason == UnmovableReason.Busy) : [];
            left.AddRange(done.Except(busy).Where(rewrap => rewrap.Unmovable is not null));
            if (busy.Count == 0)
            {
                break;
            }

            // Somebody wrote them meanwhile; or we did, and the answer got lost.
            var now = await ForAllAsync(busy, (rewrap, stop) => rewrapper.LookAgainAsync(rewrap.Blob.Name, stop), cancellationToken).ConfigureAwait(false);
            (known, _) = await ReadRecordsAsync(input, [.. now.OfType<ProtectedBlob>()], cancellationToken).ConfigureAwait(false);
            moved += await ConfirmOwnAsync(input, known, cancellationToken).ConfigureAwait(false);
            candidates = known.FindAll(blob => input.Scope.Holds(blob.Blob));
        }

        return left
            .OrderBy(rewrap => rewrap.Blob.Name, StringComparer.Ordinal)
            .Aggregate(result with { Moved = moved, MovedSoFar = movedBefore + moved }, (sum, rewrap) => sum.WithUnmovable(rewrap.Unmovable!));
    }

    private async Task<List<Rewrap>> RewrapAsync(RewrapPageInput input, List<KnownBlob> blobs, CurrentBranch target, CancellationToken cancellationToken)
    {
        var prepared = await ForAllAsync(
            blobs, (blob, stop) => rewrapper.PrepareAsync(input.OperationId, blob.Blob, blob.Standing, target, stop), cancellationToken).ConfigureAwait(false);
        var movable = prepared.FindAll(rewrap => rewrap.Intent is not null);
        await records.IntendAsync(movable.ConvertAll(rewrap => rewrap.Intent!), cancellationToken).ConfigureAwait(false);
        var written = new ConcurrentBag<Rewrap>();
        try
        {
            await Parallel.ForEachAsync(
                movable, InParallel(cancellationToken), async (rewrap, stop) => written.Add(await rewrapper.WriteAsync(rewrap, stop).ConfigureAwait(false))).ConfigureAwait(false);
        }
        finally
        {
            // Also when the page breaks off. What is missing then, because the process died or an answer got lost, the repeat confirms.
            await records.ConfirmAsync([.. written.Select(rewrap => rewrap.Intent).OfType<BlobIntent>()], CancellationToken.None).ConfigureAwait(false);
        }

        return [.. prepared.Where(rewrap => rewrap.Intent is null), .. written];
    }

    /// <summary>Asks the ledger about blobs, and how many this operation has moved so far.</summary>
    private Task<(List<KnownBlob> Known, long MovedBefore)> ReadRecordsAsync(RewrapPageInput input, IReadOnlyList<ProtectedBlob> blobs, CancellationToken cancellationToken) =>
        records.ReadAsync(
            index => (blobs.Select(blob =>
            {
                var (chain, mac) = (index.Of(blob.Name), Digest.Parse(UnverifiedFields.MacOf(blob)) ?? default);
                return new KnownBlob(blob, chain.StandingOf(mac), chain.Intent(mac)?.OperationId == input.OperationId);
            }).ToList(), index.MovedBy(input.OperationId)),
            cancellationToken);

    /// <summary>Confirms what an earlier run of this operation has written and did not live to confirm.</summary>
    /// <returns>How many there are.</returns>
    private async Task<int> ConfirmOwnAsync(RewrapPageInput input, List<KnownBlob> known, CancellationToken cancellationToken)
    {
        var own = known.FindAll(blob => blob.IsOwnIntent && !input.Scope.Holds(blob.Blob));
        var intact = await ForAllAsync(
            own, async (blob, stop) => await rewrapper.IsIntactAsync(blob.Blob, stop).ConfigureAwait(false) ? blob.Blob : null, cancellationToken).ConfigureAwait(false);
        var found = intact.OfType<ProtectedBlob>().ToList();
        await records.ConfirmAsync(
            input.OperationId, found.ConvertAll(blob => (blob.Name, BlobState.Of(EnvelopeHeader.Parse(blob.Metadata, blob.Name)))), cancellationToken).ConfigureAwait(false);
        return found.Count;
    }

    private static ParallelOptions InParallel(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };

    private static async Task<List<TOut>> ForAllAsync<TIn, TOut>(List<TIn> all, Func<TIn, CancellationToken, Task<TOut>> run, CancellationToken cancellationToken)
    {
        var results = new TOut[all.Count];
        await Parallel.ForAsync(
            0, all.Count, InParallel(cancellationToken), async (index, stop) => results[index] = await run(all[index], stop).ConfigureAwait(false)).ConfigureAwait(false);
        return [.. results];
    }

    private sealed record KnownBlob(ProtectedBlob Blob, BlobStanding Standing, bool IsOwnIntent);
}

/// <summary>Which page to move.</summary>
public sealed record RewrapPageInput
{
    public required string OperationId { get; init; }

    /// <summary>Which blobs move.</summary>
    public required MoveScope Scope { get; init; }

    /// <summary>Where the page begins; null for the first.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Blobs of a page, at most 5,000.</summary>
    public required int PageSize { get; init; }
}

/// <summary>What became of a page.</summary>
public sealed record RewrapPageResult
{
    /// <summary>Where the next page begins; null after the last.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Blobs of the page.</summary>
    public long Scanned { get; init; }

    /// <summary>Blobs that were moved, or found moved by a run that died.</summary>
    public long Moved { get; init; }

    /// <summary>Blobs that the whole operation has moved, as the ledger counts them: also those of runs that died before they could answer.</summary>
    public long MovedSoFar { get; init; }

    /// <summary>Blobs that have to be encrypted anew.</summary>
    public IReadOnlyList<string> ToReencrypt { get; init; } = [];

    /// <summary>Blobs that could not be moved.</summary>
    public long Left { get; init; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<UnmovableBlob> Unmovable { get; init; } = [];

    /// <summary>The result with one more blob that could not be moved.</summary>
    public RewrapPageResult WithUnmovable(UnmovableBlob blob) => this with
    {
        Left = Left + 1,
        Unmovable = Unmovable.Count < MoveState.MaxListed ? [.. Unmovable, blob] : Unmovable,
    };
}
