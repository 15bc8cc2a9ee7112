using Byok.Client.Reading;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Encrypts one segment anew: each chunk is opened with its old BEK and sealed under a fresh one in the same buffer, and staged.</summary>
public sealed class ReencryptSegment(ProtectedBlobReader reader, ProtectedBlobWriter writer) : Activity<ReencryptSegmentInput, SegmentResult>
{
    public const string Name = "ReencryptSegment";

    /// <inheritdoc/>
    /// <exception cref="ConcurrentWriteException">The blob was written meanwhile.</exception>
    public override async Task<SegmentResult> RunAsync(ReencryptSegmentInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var plan = input.Plan;
        await using var blob = await reader.OpenAsync(plan.BlobName, DekSource.Cache, cancellationToken).ConfigureAwait(false);
        return blob.ETag.ToString() == plan.TargetETag
            ? await writer.WriteSegmentAsync(plan, input.Segment, ReaderOf(blob.Envelope, plan.Layout), cancellationToken).ConfigureAwait(false)
            : throw new ConcurrentWriteException($"'{plan.BlobName}' was written by somebody else while it was encrypted anew.");
    }

    private static ChunkReader ReaderOf(EnvelopeReader old, BlobLayout layout) => old.Layout.ChunkSizeInBytes == layout.ChunkSizeInBytes
        ? (index, buffer, cancellationToken) => old.ReadChunkAsync(index, buffer, cancellationToken).AsTask()
        : async (index, buffer, cancellationToken) =>
        {
            var plaintext = new DecryptingStream(old, leaveOpen: true) { Position = layout.PlaintextOffset(index) };
            await using (plaintext.ConfigureAwait(false))
            {
                await plaintext.ReadExactlyAsync(buffer[..layout.ChunkLength(index)], cancellationToken).ConfigureAwait(false);
            }
        };
}
