using System.Collections.Concurrent;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Reading;
using Byok.Storage;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Moves one page of blobs. The listing carries metadata and ETag, so a blob costs one conditional write; blobs that share a wrapped DEK
/// (copies) cost one unwrap together. Blobs that are where they belong cost nothing, so a second run of a page does what is left of it.
/// </summary>
public sealed class RewrapPage(StorageAccount storage, BlobRewrapper rewrapper, ILedger ledger) : Activity<RewrapPageInput, RewrapPageResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "RewrapPage";

    /// <summary>Blobs under way at once.</summary>
    internal const int Parallelism = 16;

    /// <inheritdoc/>
    public override async Task<RewrapPageResult> RunAsync(RewrapPageInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (blobs, next) = await ProtectedPages.ListAsync(storage, input.ContinuationToken, input.PageSize, cancellationToken).ConfigureAwait(false);
        var candidates = blobs.Where(blob => IsCandidate(blob, input)).ToList();
        if (input.Deep)
        {
            return new RewrapPageResult
            {
                ContinuationToken = next,
                Scanned = blobs.Count,
                ToReencrypt = [.. candidates.Select(blob => new BlobToReencrypt(blob.Name, KeyIdOf(blob)!.ToString()))],
            };
        }

        using var target = await rewrapper.OpenTargetAsync(input.TargetId, cancellationToken).ConfigureAwait(false);
        var outcomes = new ConcurrentBag<RewrapOutcome>();
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
            var sharingOneDek = candidates.GroupBy(blob => blob.Metadata.GetValueOrDefault(EnvelopeFields.WrappedDek) ?? blob.Name, StringComparer.Ordinal);
            await Parallel.ForEachAsync(sharingOneDek, options, async (group, stop) =>
            {
                foreach (var blob in group)
                {
                    outcomes.Add(await rewrapper.RewrapAsync(blob, target, stop).ConfigureAwait(false));
                }
            }).ConfigureAwait(false);
        }
        finally
        {
            // Also when the page breaks off: what was written must be in the ledger. Together, so that it takes few appends.
            await Task.WhenAll(outcomes.Select(outcome => outcome.Header is { } header ? RecordAsync(input, outcome, header) : Task.CompletedTask)).ConfigureAwait(false);
        }

        var result = new RewrapPageResult { ContinuationToken = next, Scanned = blobs.Count, Moved = outcomes.Count(outcome => outcome.Header is not null) };
        return outcomes
            .Where(outcome => outcome.Unmovable is not null)
            .OrderBy(outcome => outcome.Name, StringComparer.Ordinal)
            .Aggregate(result, (sum, outcome) => sum.WithUnmovable(outcome.Unmovable!, outcome.KeyId));
    }

    /// <summary>Whether a blob says that it is under another version of this key. Whether that is true, its header's MAC decides later.</summary>
    private static bool IsCandidate(ProtectedBlob blob, RewrapPageInput input) =>
        KeyIdOf(blob) is { } id
        && id.Name == input.KeyName
        && id != input.TargetId
        && (input.OnlyFrom is null || input.OnlyFrom.Contains(id));

    /// <summary>The version that a blob's metadata names, unverified; null when it names none. Longer texts are none: what is returned is kept in histories.</summary>
    internal static KeyIdentifier? KeyIdOf(ProtectedBlob blob) =>
        blob.Metadata.FirstOrDefault(pair => pair.Key.Equals(EnvelopeFields.KeyId, StringComparison.OrdinalIgnoreCase)).Value is { Length: <= EnvelopeFormat.MaxKeyIdLength } text
        && KeyIdentifier.TryParse(text, out var id) ? id : null;

    private Task RecordAsync(RewrapPageInput input, RewrapOutcome outcome, EnvelopeHeader header) => ledger.AppendAsync(
        new LedgerEvent
        {
            EventId = $"{input.OperationId}/{header.BlobId}/{header.Generation}",
            Kind = BlobEvents.Rewrapped,
            Subject = $"{storage.Protected.Name}/{outcome.Name}",
            CorrelationId = input.OperationId,
            Details = new Dictionary<string, string>
            {
                ["blobId"] = header.BlobId.ToString(),
                ["generation"] = $"{header.Generation}",
                ["key"] = header.KeyId.ToString(),
            },
        },
        CancellationToken.None);
}

/// <summary>Which page to move, and where to.</summary>
public sealed record RewrapPageInput
{
    /// <summary>The operation.</summary>
    public required string OperationId { get; init; }

    /// <summary>Name of the key whose blobs move.</summary>
    public required string KeyName { get; init; }

    /// <summary>The version they move to.</summary>
    public required KeyIdentifier TargetId { get; init; }

    /// <summary>The versions they move from; null for all others of that key.</summary>
    public IReadOnlyList<KeyIdentifier>? OnlyFrom { get; init; }

    /// <summary>Where the page begins; null for the first.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Blobs of a page, at most 5,000.</summary>
    public required int PageSize { get; init; }

    /// <summary>True to only name the blobs, which are encrypted anew then.</summary>
    public bool Deep { get; init; }
}

/// <summary>What became of a page.</summary>
public sealed record RewrapPageResult
{
    /// <summary>Where the next page begins; null after the last.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Blobs of the page.</summary>
    public long Scanned { get; init; }

    /// <summary>Blobs that were moved.</summary>
    public long Moved { get; init; }

    /// <summary>Blobs that have to be encrypted anew.</summary>
    public IReadOnlyList<BlobToReencrypt> ToReencrypt { get; init; } = [];

    /// <summary>Blobs that could not be moved, counted by the version they need; by an empty text when their header does not say.</summary>
    public IReadOnlyDictionary<string, long> LeftByVersion { get; init; } = new Dictionary<string, long>();

    /// <summary>The first of them.</summary>
    public IReadOnlyList<UnmovableBlob> Unmovable { get; init; } = [];

    /// <summary>The result with one more blob that could not be moved.</summary>
    public RewrapPageResult WithUnmovable(UnmovableBlob blob, string keyId) => this with
    {
        LeftByVersion = new Dictionary<string, long>(LeftByVersion) { [keyId] = LeftByVersion.GetValueOrDefault(keyId) + 1 },
        Unmovable = Unmovable.Count < RotationState.MaxListed ? [.. Unmovable, blob] : Unmovable,
    };
}

/// <summary>A blob to encrypt anew.</summary>
/// <param name="Name">Its name.</param>
/// <param name="KeyId">The version it is under.</param>
public sealed record BlobToReencrypt(string Name, string KeyId);
