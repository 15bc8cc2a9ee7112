using Byok.Client.Writing;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Encrypts one segment anew.</summary>
public sealed class ReencryptSegment(BlobReencryptor reencryptor) : Activity<ReencryptSegmentInput, SegmentResult>
{
    public const string Name = "ReencryptSegment";

    public override Task<SegmentResult> RunAsync(ReencryptSegmentInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        return reencryptor.ReencryptSegmentAsync(input.Plan, input.Segment, cancellationToken);
    }
}
