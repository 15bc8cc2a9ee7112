using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Reading;
using Byok.Storage;

namespace Byok.Pipeline.AuditKeys;

/// <summary>
/// Compares blobs with what the ledger knows of them. An intact older state that was put back shows nowhere else. The ledger is read once for
/// each 50,000 blobs, so memory is bounded whatever the number of blobs.
/// </summary>
public sealed class AuditGenerations(StorageAccount storage, ILedger ledger, ProtectedBlobReader reader, PipelineOptions options, TimeProvider time)
    : Activity<string?, AuditGenerationsResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "AuditGenerations";

    private const int BlobsPerPage = 5_000;
    private const int Pages = 10;

    /// <inheritdoc/>
    public override async Task<AuditGenerationsResult> RunAsync(string? input, CancellationToken cancellationToken)
    {
        var blobs = new Dictionary<string, Observed>(StringComparer.Ordinal);
        var token = input;
        for (var page = 0; page < Pages && (page == 0 || token is not null); page++)
        {
            (var listed, token) = await ProtectedPages.ListAsync(storage, token, BlobsPerPage, cancellationToken).ConfigureAwait(false);
            foreach (var blob in listed)
            {
                if (Observe(blob) is { } observed)
                {
                    blobs[blob.Name] = observed;
                }
            }
        }

        var isWhole = await ReadLedgerAsync(blobs, cancellationToken).ConfigureAwait(false);
        var findings = new List<Finding>();
        foreach (var (name, observed) in blobs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (Judge(name, observed, isWhole) is { } finding && await IsUnchangedAsync(name, observed, cancellationToken).ConfigureAwait(false))
            {
                findings.Add(finding);
            }
        }

        return new AuditGenerationsResult(token, FindingTally.Of(findings));
    }

    /// <returns>What to compare; null for a blob that is not intact or not in its place, which <see cref="AuditBlobs"/> reports.</returns>
    private Observed? Observe(ProtectedBlob blob)
    {
        try
        {
            var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
            return header.NameHash.Span.SequenceEqual(EnvelopeHeader.HashName(storage.Protected.Name, blob.Name))
                ? new Observed(header.BlobId.ToString(), header.Generation, blob.ETag.ToString("H"), blob.LastModified)
                : null;
        }
        catch (EnvelopeException)
        {
            return null;
        }
    }

    /// <returns>Whether the ledger could be read to its end.</returns>
    private async Task<bool> ReadLedgerAsync(Dictionary<string, Observed> blobs, CancellationToken cancellationToken)
    {
        var prefix = $"{storage.Protected.Name}/";
        try
        {
            await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var recorded = entry.Event;
                if (recorded.Subject.StartsWith(prefix, StringComparison.Ordinal)
                    && blobs.GetValueOrDefault(recorded.Subject[prefix.Length..]) is { } observed
                    && recorded.Details.TryGetValue("blobId", out var blobId)
                    && recorded.Details.TryGetValue("generation", out var text) && long.TryParse(text, out var generation))
                {
                    observed.Record(recorded.Kind, blobId, generation, recorded.Details.GetValueOrDefault("replaced"));
                }
            }

            return true;
        }
        catch (IntegrityException)
        {
            return false; // AuditLedger reports it; what could be read counts.
        }
    }

    private Finding? Judge(string name, Observed observed, bool isLedgerWhole)
    {
        if (observed.IsKnown)
        {
            return observed.LostGeneration is { } lost
                ? FindingKinds.BlobRolledBack.On(name, $"generation {observed.Generation} was made of an older state; the ledger knew {lost} then")
                : observed.IsBehind ? FindingKinds.BlobRolledBack.On(name, $"generation {observed.Generation}; the ledger knows {observed.NewestGeneration}")
                : null;
        }

        // What is being encrypted at this moment is recorded only when it is complete.
        return isLedgerWhole && time.GetUtcNow() - observed.LastModified > options.LeftoverAge ? FindingKinds.BlobNotInLedger.On(name) : null;
    }

    /// <summary>
    /// A blob that was written between listing and ledger is behind the ledger for a good reason. (ETags are compared in their header form: a
    /// listing gives them without quotes.)
    /// </summary>
    private async Task<bool> IsUnchangedAsync(string name, Observed observed, CancellationToken cancellationToken)
    {
        try
        {
            return (await reader.DescribeAsync(name, cancellationToken).ConfigureAwait(false)).ETag.ToString("H") == observed.ETag;
        }
        catch (BlobNotFoundException)
        {
            return false;
        }
    }

    private sealed class Observed(string blobId, long generation, string etag, DateTimeOffset lastModified)
    {
        private readonly HashSet<string> _older = new(StringComparer.Ordinal);
        private string? _newestBlobId;

        public long Generation => generation;

        public string ETag => etag;

        public DateTimeOffset LastModified => lastModified;

        public long NewestGeneration { get; private set; }

        /// <summary>The generation that a new encryption of an older state has taken the place of; null when none has since the name was uploaded last.</summary>
        public long? LostGeneration { get; private set; }

        /// <summary>Whether the ledger knows this encryption of the blob.</summary>
        public bool IsKnown { get; private set; }

        /// <summary>Whether something newer was recorded after it: a later generation of it, or another encryption of the same name.</summary>
        public bool IsBehind => _newestBlobId != blobId || NewestGeneration > generation;

        public void Record(string kind, string recordedBlobId, long recordedGeneration, string? replaced)
        {
            IsKnown |= recordedBlobId == blobId;
            if (recordedBlobId == _newestBlobId)
            {
                // Pages of a rotation are recorded together, in no certain order.
                NewestGeneration = Math.Max(NewestGeneration, recordedGeneration);
            }
            else if (!_older.Contains(recordedBlobId))
            {
                // An id is drawn anew for each encryption: one that was replaced never becomes the newest again, not even when an old
                // copy was put back and then rewrapped by a rotation.
                if (_newestBlobId is not null)
                {
                    var isOfOlderState = kind == BlobEvents.Reencrypted && (recordedGeneration <= NewestGeneration || (replaced is not null && _older.Contains(replaced)));
                    LostGeneration = kind == BlobEvents.Encrypted ? null : isOfOlderState ? NewestGeneration : LostGeneration;
                    _older.Add(_newestBlobId);
                }

                (_newestBlobId, NewestGeneration) = (recordedBlobId, recordedGeneration);
            }
        }
    }
}

/// <summary>What the comparison found.</summary>
/// <param name="ContinuationToken">Where the next part begins; null after the last.</param>
/// <param name="Findings">What is not as it should be.</param>
public sealed record AuditGenerationsResult(string? ContinuationToken, FindingTally Findings);
