using System.Collections.Concurrent;
using System.Security.Cryptography;
using Azure.Storage.Blobs.Models;
using Byok.Client.Keys;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Looks at one page of protected blobs: envelope, key version, stored length, header MAC, and the data of some.</summary>
public sealed class AuditBlobs(StorageAccount storage, IKeyVault vault, WrappingKeyRing keys, DekUnwrapper deks, ChunkBufferPools pools, PipelineOptions options)
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
            keys.Forget(); // The vault as it is now, not as it was a minute ago.
        }

        var (blobs, next) = await storage.Protected.ListPageAsync(input.ContinuationToken, options.BlobsPerPage, cancellationToken).ConfigureAwait(false);
        var versions = new ConcurrentDictionary<KeyIdentifier, Lazy<Task<VaultKey?>>>();
        var findings = new ConcurrentBag<Finding>();
        var (plaintextBytes, scrubbed) = (0L, 0L);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(blobs, parallel, async (blob, stop) =>
        {
            // The choice must not be foreseeable: whoever alters a blob is not to know whether it will be looked at.
            var isScrubbed = RandomNumberGenerator.GetInt32(100) < input.ScrubPercent;
            if (await CheckAsync(
                blob, versions, header => Interlocked.Add(ref plaintextBytes, header.Layout.PlaintextLength),
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
                .Select(UnverifiedFields.KeyIdOf)
                .OfType<KeyIdentifier>()
                .GroupBy(keyId => keyId.ToString())
                .ToDictionary(group => group.Key, group => group.LongCount()),
            Findings = FindingTally.Of(findings.OrderBy(finding => finding.Object, StringComparer.Ordinal)),
        };
    }

    /// <summary>The first thing that is wrong with a blob; null when nothing is.</summary>
    /// <param name="blob">The blob, as it was listed.</param>
    /// <param name="versions">The key versions that were looked up.</param>
    /// <param name="verified">Told the header when it has verified: no number of any other is counted.</param>
    /// <param name="scrubbed">Told when the blob's data was read and is whole; null when it is not to be read.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    private async Task<Finding?> CheckAsync(
        ProtectedBlob blob, ConcurrentDictionary<KeyIdentifier, Lazy<Task<VaultKey?>>> versions, Action<EnvelopeHeader> verified, Action? scrubbed,
        CancellationToken cancellationToken)
    {
        EnvelopeHeader header;
        try
        {
            header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
        }
        catch (EnvelopeException exception)
        {
            return (blob.Metadata.Keys.Any(EnvelopeFormat.IsReservedName) ? FindingKinds.BlobMalformed : FindingKinds.BlobUnencrypted).On(blob.Name, exception.Message);
        }

        if (blob.Length != header.StoredLength)
        {
            return FindingKinds.BlobLength.On(blob.Name, $"{blob.Length} bytes instead of {header.StoredLength}");
        }

        try
        {
            var key = await versions.GetOrAdd(header.KeyId, id => new(() => FindAsync(id, cancellationToken))).Value.ConfigureAwait(false);
            var keyId = await keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
            using var dek = await deks.UnwrapAsync(keyId, header.WrappedDek.ToArray(), cancellationToken).ConfigureAwait(false);
            if (VerifyHeader(blob, header, dek) is { } fault)
            {
                return fault;
            }

            verified(header);
            if (scrubbed is not null && blob.AccessTier != AccessTier.Archive.ToString())
            {
                if (await ScrubAsync(blob, header, dek, cancellationToken).ConfigureAwait(false) is { } altered)
                {
                    return altered;
                }

                scrubbed();
            }

            return key is null
                ? FindingKinds.BlobKeyMoved.On(blob.Name, $"{header.KeyId} is now {keyId}")
                : WrappingKeyPolicy.IsRetired(key) ? FindingKinds.BlobOnRetiredKey.On(blob.Name, header.KeyId.ToString()) : null;
        }
        catch (IntegrityException exception)
        {
            return FindingKinds.BlobHeaderAltered.On(blob.Name, exception.Message);
        }
        catch (KeyUnavailableException exception)
        {
            return await IsInVaultAsync(header, cancellationToken).ConfigureAwait(false)
                ? FindingKinds.BlobKeyDisabled.On(blob.Name, header.KeyId.ToString())
                : FindingKinds.BlobKeyUnknown.On(blob.Name, exception.Message);
        }
        catch (Exception exception) when (exception is ConcurrentWriteException or BlobNotFoundException or ConflictException)
        {
            return null; // Written, deleted or archived while we looked: the next audit sees what it is now.
        }
    }

    private Finding? VerifyHeader(ProtectedBlob blob, EnvelopeHeader header, DataEncryptionKey dek)
    {
        using var blobKeys = dek.DeriveFor(header.BlobId);
        header.Verify(blobKeys, storage.Protected.Name, blob.Name, allowRenamed: true);
        return header.NameHash.Span.SequenceEqual(EnvelopeHeader.HashName(storage.Protected.Name, blob.Name)) ? null : FindingKinds.BlobOutOfPlace.On(blob.Name);
    }

    private async Task<Finding?> ScrubAsync(ProtectedBlob blob, EnvelopeHeader header, DataEncryptionKey dek, CancellationToken cancellationToken)
    {
        var source = storage.Protected.OpenRead(blob);
        using var envelope = EnvelopeReader.Open(header, dek, source, storage.Protected.Name, blob.Name);
        try
        {
            for (var offset = 0L; offset < header.Layout.PlaintextLength;)
            {
                using var buffer = await pools.For(1).RentAsync(cancellationToken).ConfigureAwait(false);
                offset += await envelope.ReadChunksAsync(header.Layout.ChunkOfPlaintextOffset(offset), buffer.Memory, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (IntegrityException exception)
        {
            return FindingKinds.BlobChunkAltered.On(blob.Name, exception.Message);
        }
    }

    private async Task<VaultKey?> FindAsync(KeyIdentifier id, CancellationToken cancellationToken)
    {
        try
        {
            return id.Vault == vault.VaultUri ? await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false) : null;
        }
        catch (KeyNotFoundInVaultException)
        {
            return null;
        }
    }

    private async Task<bool> IsInVaultAsync(EnvelopeHeader header, CancellationToken cancellationToken)
    {
        try
        {
            await keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KeyUnavailableException)
        {
            return false;
        }
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

    /// <summary>Blobs by the version id that they name.</summary>
    public IReadOnlyDictionary<string, long> Coverage { get; init; } = new Dictionary<string, long>();

    /// <summary>What is not as it should be.</summary>
    public FindingTally Findings { get; init; } = new();
}
