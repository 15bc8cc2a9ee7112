using Azure;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Pipeline.Writing;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Encrypts one segment of an upload: its range is read chunk by chunk, sealed and staged.</summary>
public sealed class EncryptSegment(StorageAccount storage, ProtectedBlobWriter writer) : Activity<SegmentInput, SegmentResult>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "EncryptSegment";

    /// <inheritdoc/>
    /// <exception cref="SourceChangedException">The upload was overwritten or deleted meanwhile.</exception>
    public override Task<SegmentResult> RunAsync(SegmentInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var plan = input.Plan.Envelope;
        var layout = plan.Layout;
        var source = new BlobRangeSource(storage.Uploads.GetBlobClient(plan.BlobName), new ETag(input.Plan.SourceETag), plan.PlaintextLength);
        return writer.WriteSegmentAsync(plan, input.Segment, ReadChunkAsync, cancellationToken);

        async Task ReadChunkAsync(long index, Memory<byte> buffer, CancellationToken stop)
        {
            try
            {
                await source.ReadAsync(layout.PlaintextOffset(index), buffer[..layout.ChunkLength(index)], stop).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is BlobNotFoundException or ConcurrentWriteException)
            {
                throw new SourceChangedException($"The upload '{plan.BlobName}' was overwritten or deleted while it was encrypted.", exception);
            }
        }
    }
}
