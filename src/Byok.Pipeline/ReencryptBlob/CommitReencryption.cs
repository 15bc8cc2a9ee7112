using Byok.Core.Orchestration;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Replaces a blob's old envelope by the new one, and records it.</summary>
public sealed class CommitReencryption(BlobReencryptor reencryptor) : Activity<CommitReencryptionInput, ReencryptBlobResult>
{
    public const string Name = "CommitReencryption";

    public override Task<ReencryptBlobResult> RunAsync(CommitReencryptionInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        return reencryptor.CommitAsync(input.Plan, input.Segments, cancellationToken);
    }
}
