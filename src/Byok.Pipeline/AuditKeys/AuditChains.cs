using System.Globalization;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Storage;

namespace Byok.Pipeline.AuditKeys;

/// <summary>
/// Compares blobs with what the ledger knows of them. A stranger's blob, an intact older state that was put back, and a blob that is gone show nowhere else. Storage is
/// listed and the ledger read once for each 50,000 blobs, chosen by a hash of their names, so memory is bounded whatever the number of blobs.
/// </summary>
public sealed class AuditChains(
    StorageAccount storage, ILedger ledger, ProtectedBlobReader reader, BlobRecords records, PipelineOptions options, TimeProvider time, int maxNames = AuditChains.MaxNames)
    : Activity<string?, AuditChainsResult>
{
    public const string Name = "AuditChains";

    /// <summary>Names that are compared together, at most.</summary>
    public const int MaxNames = 50_000;

    private const int BlobsPerPage = 5_000;

    public override async Task<AuditChainsResult> RunAsync(string? input, CancellationToken cancellationToken)
    {
        var startedOn = time.GetUtcNow();
        var part = new Part(input is null ? 0 : uint.Parse(input, CultureInfo.InvariantCulture), maxNames);
        string? token = null;
        do
        {
            (var listed, token) = await storage.Protected.ListPageAsync(token, BlobsPerPage, cancellationToken).ConfigureAwait(false);
            foreach (var blob in listed)
            {
                part.Find(blob.Name)?.See(blob, storage.Protected.Name);
            }
        }
        while (token is not null);

        var isWhole = await ReadLedgerAsync(part, cancellationToken).ConfigureAwait(false);
        var findings = new List<Finding>();
        foreach (var (name, compared) in part.Names.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (await JudgeAsync(name, compared, isWhole, startedOn, cancellationToken).ConfigureAwait(false) is { } finding)
            {
                findings.Add(finding);
            }
        }

        return new AuditChainsResult(part.Next?.ToString(CultureInfo.InvariantCulture), FindingTally.Of(findings));
    }

    /// <returns>Whether the ledger could be read to its end.</returns>
    private async Task<bool> ReadLedgerAsync(Part part, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (BlobEvents.TryRead(entry, storage.Protected.Name, out var record))
                {
                    part.Find(record.BlobName)?.Record(record);
                }
            }

            return true;
        }
        catch (IntegrityException)
        {
            return false; // AuditLedger reports it; what could be read counts.
        }
    }

    private async Task<Finding?> JudgeAsync(string name, ComparedBlob blob, bool isLedgerWhole, DateTimeOffset startedOn, CancellationToken cancellationToken)
    {
        if (!blob.IsStored)
        {
            // What was stored after the listing is no miss; nor is what a broken ledger may know to be deleted.
            return isLedgerWhole && blob.ConfirmedOn <= startedOn && await ReadETagAsync(name, cancellationToken).ConfigureAwait(false) is null
                ? FindingKinds.BlobGone.On(name, $"it was stored on {blob.ConfirmedOn:yyyy-MM-dd HH:mm} UTC")
                : null;
        }

        if (blob.Standing == BlobStanding.Intended)
        {
            return isLedgerWhole && time.GetUtcNow() - blob.Intent!.RecordedOn > options.LeftoverAge ? await SettleAsync(name, blob, cancellationToken).ConfigureAwait(false) : null;
        }

        var finding = blob switch
        {
            { Standing: BlobStanding.Confirmed } => null,
            { WasRight: true } => FindingKinds.BlobRolledBack.On(
                name, blob.ConfirmedOn is { } on ? $"the ledger knows a state that was stored on {on:yyyy-MM-dd HH:mm:ss} UTC" : "the ledger knows that it was deleted"),
            _ when !isLedgerWhole => null,
            { IsNameKnown: true } => FindingKinds.BlobForeign.On(name),
            _ => FindingKinds.BlobNotInLedger.On(name),
        };

        // A blob that was written between listing and ledger is behind the ledger for a good reason.
        return finding is not null && await ReadETagAsync(name, cancellationToken).ConfigureAwait(false) == blob.ETag ? finding : null;
    }

    /// <summary>Confirms in the stead of an operation that ended, or was killed, between its commit and the ledger.</summary>
    private async Task<Finding?> SettleAsync(string name, ComparedBlob compared, CancellationToken cancellationToken)
    {
        try
        {
            // The metadata may say it has a MAC that it has not: an entry must not come of that.
            await using var blob = await reader.OpenAsync(name, PinFreshness.Now, cancellationToken).ConfigureAwait(false);
            if (blob.ETag.ToString("H") != compared.ETag)
            {
                return null;
            }

            await records.ConfirmAsync(compared.Intent!.OperationId, name, BlobState.Of(blob.Header), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is EnvelopeException or BlobNotFoundException)
        {
            return null; // AuditBlobs reports it, or it is gone.
        }
        catch (KeyUnavailableException)
        {
            // Reported, and left for an audit that can verify it.
        }

        return FindingKinds.BlobAhead.On(name, $"by {compared.Intent!.OperationId}");
    }

    /// <summary>The blob's ETag now, in its header form, as a listing gives it; null when it is gone.</summary>
    private async Task<string?> ReadETagAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await reader.DescribeAsync(name, cancellationToken).ConfigureAwait(false)).ETag.ToString("H");
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The names whose hash is in a range, which ends sooner when there are too many.</summary>
    private sealed class Part(uint from, int maxNames)
    {
        private readonly Dictionary<string, ComparedBlob> _names = new(StringComparer.Ordinal);
        private uint _until = uint.MaxValue;

        public IEnumerable<KeyValuePair<string, ComparedBlob>> Names => _names;

        /// <summary>Where the next part begins; null after the last.</summary>
        public uint? Next => _until == uint.MaxValue ? null : _until + 1;

        /// <returns>What is known of a name; null when it belongs to another part.</returns>
        public ComparedBlob? Find(string name)
        {
            if (!Holds(name))
            {
                return null;
            }

            if (!_names.TryGetValue(name, out var compared))
            {
                _names.Add(name, compared = new ComparedBlob());
                while (_names.Count > maxNames && _until > from)
                {
                    _until = from + ((_until - from) / 2);
                    foreach (var other in _names.Keys.Where(other => !Holds(other)).ToList())
                    {
                        _names.Remove(other);
                    }
                }
            }

            return compared;
        }

        private bool Holds(string name) => (uint)Digest.OfText(name).First is var hash && hash >= from && hash <= _until;
    }
}

/// <summary>What the comparison found.</summary>
/// <param name="ContinuationToken">Where the next part begins; null after the last.</param>
/// <param name="Findings">What is not as it should be.</param>
public sealed record AuditChainsResult(string? ContinuationToken, FindingTally Findings);
