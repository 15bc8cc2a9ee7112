using Azure;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Encrypts one segment of an upload: its range is read chunk by chunk, sealed and staged.</summary>
public sealed class EncryptSegment(StorageAccount storage, ProtectedBlobWriter writer) : Activity<EncryptSegmentInput, SegmentResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "EncryptSegment";

    /// <inheritdoc/>
    /// <exception cref="SourceChangedException">The upload was overwritten or deleted meanwhile.</exception>
    public override Task<SegmentResult> RunAsync(EncryptSegmentInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (sourceETag, plan) = input.Plan;
        return writer.WriteSegmentAsync(plan, input.Segment, ReaderOf(storage, plan, sourceETag), cancellationToken);
    }

    /// <summary>Reads an upload's chunks, all of one version of it.</summary>
    /// <exception cref="SourceChangedException">Reading: the upload was overwritten or deleted meanwhile.</exception>
    internal static ChunkReader ReaderOf(StorageAccount storage, EnvelopePlan plan, string sourceETag)
    {
        var layout = plan.Layout;
        var source = new BlobRangeSource(storage.Uploads.GetBlobClient(plan.BlobName), new ETag(sourceETag), plan.PlaintextLength);
        return async (index, buffer, cancellationToken) =>
        {
            try
            {
                await source.ReadAsync(layout.PlaintextOffset(index), buffer[..layout.ChunkLength(index)], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is BlobNotFoundException or ConcurrentWriteException)
            {
                throw new SourceChangedException($"The upload '{plan.BlobName}' was overwritten or deleted while it was encrypted.", exception);
            }
        };
    }
}
