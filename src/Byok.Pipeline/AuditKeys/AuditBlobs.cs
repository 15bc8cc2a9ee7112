using System.Collections.Concurrent;
using System.Security.Cryptography;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Writing;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Pipeline.Branches;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Looks at one page of protected blobs: envelope, key, branch, header MAC, stored length, and the data of some.</summary>
public sealed class AuditBlobs(
    StorageAccount storage, KeyCache keys, KeySelection selection, BranchKeyRing ring, BranchKeeper branches, ChunkBufferPools pools, PipelineOptions options)
    : Activity<AuditBlobsInput, AuditBlobsResult>
{
    public const string Name = "AuditBlobs";

    /// <summary>Blobs under way at once.</summary>
    private const int Parallelism = 16;

    public override async Task<AuditBlobsResult> RunAsync(AuditBlobsInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.ContinuationToken is null)
        {
            ring.Forget(); // The vault as it is now, not as it was a minute ago.
        }

        var (blobs, next) = await storage.Protected.ListPageAsync(input.ContinuationToken, options.BlobsPerPage, cancellationToken).ConfigureAwait(false);
        var records = new ConcurrentDictionary<(string KeyName, BranchName Branch), Lazy<Task<BranchRecord?>>>();
        var findings = new ConcurrentBag<Finding>();
        var (plaintextBytes, scrubbed) = (0L, 0L);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(blobs, parallel, async (blob, stop) =>
        {
            // The choice must not be foreseeable: whoever alters a blob is not to know whether it will be looked at.
            var isScrubbed = RandomNumberGenerator.GetInt32(100) < input.ScrubPercent;
            if (await CheckAsync(
                blob, records, header => Interlocked.Add(ref plaintextBytes, header.PlaintextLength),
                isScrubbed ? () => Interlocked.Increment(ref scrubbed) : null, stop).ConfigureAwait(false) is { } finding)
            {
                findings.Add(finding);
            }
        }).ConfigureAwait(false);

        return new AuditBlobsResult
        {
            ContinuationToken = next,
            Blobs = blobs.Count,
            PlaintextBytes = plaintextBytes,
            ScrubbedBlobs = scrubbed,
            Coverage = blobs
                .Select(NamedBranchOf)
                .OfType<string>()
                .GroupBy(branch => branch)
                .ToDictionary(group => group.Key, group => group.LongCount()),
            Findings = FindingTally.Of(findings.OrderBy(finding => finding.Object, StringComparer.Ordinal)),
        };
    }

    private static string? NamedBranchOf(ProtectedBlob blob) =>
        UnverifiedFields.KeyIdOf(blob) is { } keyId && UnverifiedFields.BranchOf(blob) is { } branch ? BranchRecord.BlobNameOf(keyId.Name, branch) : null;

    /// <summary>The first thing that is wrong with a blob; null when nothing is.</summary>
    /// <param name="blob">The blob, as it was listed.</param>
    /// <param name="records">The records of branches that the page has met so far.</param>
    /// <param name="verified">Told the header when it has verified: no number of any other is counted.</param>
    /// <param name="scrubbed">Told when the blob's data was read and is whole; null when it is not to be read.</param>
    private async Task<Finding?> CheckAsync(
        ProtectedBlob blob, ConcurrentDictionary<(string KeyName, BranchName Branch), Lazy<Task<BranchRecord?>>> records, Action<EnvelopeHeader> verified, Action? scrubbed,
        CancellationToken cancellationToken)
    {
        EnvelopeHeader header;
        try
        {
            header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
        }
        catch (EnvelopeException exception)
        {
            return (exception is EarlierBuildException ? FindingKinds.BlobOfEarlierBuild
                : blob.Metadata.Keys.Any(EnvelopeFormat.IsReservedName) ? FindingKinds.BlobMalformed : FindingKinds.BlobUnencrypted).On(blob.Name, exception.Message);
        }

        var keyName = header.Wrapping.KeyId.Name;
        if (!selection.AcceptedFor(blob.Name).Contains(keyName))
        {
            return FindingKinds.BlobKeyNotAccepted.On(blob.Name, keyName);
        }

        try
        {
            var life = await keys.GetAsync(keyName, freshness: null, cancellationToken).ConfigureAwait(false);
            if (BranchPins.Find(life) is { } pins && !pins.Contains(header.Branch))
            {
                return FindingKinds.BlobBranchNotPinned.On(blob.Name, BranchRecord.BlobNameOf(keyName, header.Branch));
            }

            using var dek = await ring.OpenDekAsync(blob.Name, header, PinFreshness.Cached, cancellationToken).ConfigureAwait(false);
            if (VerifyHeader(blob, header, dek, out var layout) is { } fault)
            {
                return fault;
            }

            verified(header);
            if (scrubbed is not null && !blob.IsArchived)
            {
                if (await ScrubAsync(blob, header, layout, dek, cancellationToken).ConfigureAwait(false) is { } altered)
                {
                    return altered;
                }

                scrubbed();
            }

            var record = await records.GetOrAdd((keyName, header.Branch), of => new(() => branches.FindRecordAsync(of.KeyName, of.Branch, cancellationToken))).Value.ConfigureAwait(false);
            var wrapping = record?.Wrappings.FirstOrDefault(wrapping => wrapping.KeyId == header.Wrapping.KeyId);
            return wrapping is not null && wrapping.KeyThumbprint != header.Wrapping.KeyThumbprint
                ? FindingKinds.BlobCopyDisagrees.On(blob.Name, BranchRecord.BlobNameOf(keyName, header.Branch))
                : null;
        }
        catch (MalformedEnvelopeException exception)
        {
            return FindingKinds.BlobMalformed.On(blob.Name, exception.Message); // Its numbers do not go together, although its MAC verifies.
        }
        catch (IntegrityException exception)
        {
            return FindingKinds.BlobHeaderAltered.On(blob.Name, exception.Message);
        }
        catch (KeyUnavailableException exception)
        {
            return await IsDisabledAsync(header, cancellationToken).ConfigureAwait(false)
                ? FindingKinds.BlobKeyDisabled.On(blob.Name, header.Wrapping.KeyId.ToString())
                : FindingKinds.BlobKeyUnknown.On(blob.Name, exception.Message);
        }
        catch (Exception exception) when (exception is ConcurrentWriteException or BlobNotFoundException or ConflictException)
        {
            return null; // Written, deleted or archived while we looked: the next audit sees what it is now.
        }
    }

    private Finding? VerifyHeader(ProtectedBlob blob, EnvelopeHeader header, DataEncryptionKey dek, out BlobLayout layout)
    {
        using var blobKeys = dek.DeriveFor(header.BlobId);
        layout = header.Verify(blobKeys, storage.Protected.Name, blob.Name, allowRenamed: true);
        var storedLength = layout.StoredLength(header.Placement);
        return !header.NameHash.Span.SequenceEqual(EnvelopeHeader.HashName(storage.Protected.Name, blob.Name)) ? FindingKinds.BlobOutOfPlace.On(blob.Name)
            : blob.Length != storedLength ? FindingKinds.BlobLength.On(blob.Name, $"{blob.Length} bytes instead of {storedLength}")
            : null;
    }

    private async Task<Finding?> ScrubAsync(ProtectedBlob blob, EnvelopeHeader header, BlobLayout layout, DataEncryptionKey dek, CancellationToken cancellationToken)
    {
        var source = storage.Protected.OpenRead(blob);
        var envelope = EnvelopeReader.Open(
            header, dek, stop => ring.OpenDekAsync(blob.Name, header, PinFreshness.Cached, stop), source, storage.Protected.Name, blob.Name);
        try
        {
            for (var offset = 0L; offset < layout.PlaintextLength;)
            {
                using var buffer = await pools.For(1).RentAsync(cancellationToken).ConfigureAwait(false);
                offset += await envelope.ReadChunksAsync(layout.ChunkOfPlaintextOffset(offset), buffer.Memory, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (IntegrityException exception)
        {
            return FindingKinds.BlobChunkAltered.On(blob.Name, exception.Message);
        }
    }

    /// <summary>Whether what the blob needs is in the vault, and not in use.</summary>
    private async Task<bool> IsDisabledAsync(EnvelopeHeader header, CancellationToken cancellationToken)
    {
        var life = await keys.GetAsync(header.Wrapping.KeyId.Name, freshness: null, cancellationToken).ConfigureAwait(false);
        return life.Versions.Any(version => WrappingKeyPolicy.IsInUse(version) && !version.Enabled && version.PublicKey?.Thumbprint == header.Wrapping.KeyThumbprint);
    }
}

/// <summary>Which page to look at.</summary>
/// <param name="ContinuationToken">Where it begins; null for the first.</param>
/// <param name="ScrubPercent">Share of the blobs whose data is verified.</param>
public sealed record AuditBlobsInput(string? ContinuationToken, int ScrubPercent);

/// <summary>What a page holds.</summary>
public sealed record AuditBlobsResult
{
    /// <summary>Where the next page begins; null after the last.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Blobs of the page.</summary>
    public long Blobs { get; init; }

    /// <summary>Bytes of plaintext in those whose header verified.</summary>
    public long PlaintextBytes { get; init; }

    /// <summary>Blobs whose data was verified.</summary>
    public long ScrubbedBlobs { get; init; }

    /// <summary>Blobs by the key and branch that they name, <c>KEY/BRANCH</c>.</summary>
    public IReadOnlyDictionary<string, long> Coverage { get; init; } = new Dictionary<string, long>();

    /// <summary>What is not as it should be.</summary>
    public FindingTally Findings { get; init; } = new();
}
