using Byok.Client.Records;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Which committed blob to complete.</summary>
/// <param name="SourceETag">The upload's ETag.</param>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="Activities">Activities that the blob takes, for the result.</param>
public sealed record CompleteBlobInput(string OperationId, string BlobName, string SourceETag, string BlobId, int Activities)
{
    /// <summary>What was committed; null when an earlier run did it, so that only the ledger knows.</summary>
    public BlobState? Written { get; init; }

    /// <summary>For an upload.</summary>
    public static CompleteBlobInput For(BeginEncryptionInput input, BlobState? written, int activities)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new CompleteBlobInput(input.OperationId, input.Upload.BlobName, input.Upload.ETag, input.BlobId, activities) { Written = written };
    }

    /// <summary>For a planned blob.</summary>
    public static CompleteBlobInput For(EncryptionPlan plan, BlobState written, int activities)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var (sourceETag, envelope) = plan;
        return new CompleteBlobInput(envelope.OperationId, envelope.BlobName, sourceETag, envelope.BlobId, activities) { Written = written };
    }
}
