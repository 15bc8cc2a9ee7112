using Byok.Client.Writing;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Encrypts one segment of an upload.</summary>
public sealed class EncryptSegment(UploadEncryptor encryptor) : Activity<EncryptSegmentInput, SegmentResult>
{
    public const string Name = "EncryptSegment";

    public override Task<SegmentResult> RunAsync(EncryptSegmentInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        return encryptor.EncryptSegmentAsync(input.Plan, input.Segment, cancellationToken);
    }
}
