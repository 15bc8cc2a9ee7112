using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Keys;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>How an encryption ended.</summary>
public enum EncryptBlobOutcome
{
    /// <summary>The blob is protected, verified, and its plaintext disposed of as configured.</summary>
    Protected,

    /// <summary>The upload was overwritten or deleted meanwhile; the newer upload is an operation of its own.</summary>
    Superseded,
}

/// <summary>What an encryption did.</summary>
/// <param name="Outcome">How it ended. All other members are null or zero when superseded.</param>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="Branch">The branch it is under.</param>
/// <param name="PlaintextLength">Bytes of plaintext.</param>
/// <param name="Chunks">Chunks, each under a BEK of its own.</param>
/// <param name="Activities">Encrypting activities that the fan-out took.</param>
/// <param name="ETag">The protected blob's ETag.</param>
public sealed record EncryptBlobResult(
    EncryptBlobOutcome Outcome, string? BlobId, KeyIdentifier? KeyId, BranchName? Branch, long PlaintextLength, long Chunks, int Activities, string? ETag)
{
    /// <summary>What the encryption gave whose blob was read back.</summary>
    /// <param name="blob">The blob, its header verified.</param>
    /// <param name="activities">Encrypting activities that the fan-out took; 0 when that is not known any more.</param>
    public static EncryptBlobResult Of(OpenedBlob blob, int activities)
    {
        ArgumentNullException.ThrowIfNull(blob);
        var (header, layout) = (blob.Header, blob.Envelope.Layout);
        return new EncryptBlobResult(
            EncryptBlobOutcome.Protected, header.BlobId.ToString(), header.Wrapping.KeyId, header.Branch, layout.PlaintextLength, layout.ChunkCount, activities, blob.ETag.ToString());
    }
}
