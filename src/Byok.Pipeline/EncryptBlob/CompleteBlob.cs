using Byok.Core.Orchestration;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Verifies and records a committed blob, and disposes of its plaintext.</summary>
public sealed class CompleteBlob(EncryptionCompletion completion) : Activity<CompleteBlobInput, EncryptBlobResult>
{
    public const string Name = "CompleteBlob";

    public override Task<EncryptBlobResult> RunAsync(CompleteBlobInput input, CancellationToken cancellationToken) => completion.CompleteAsync(input, cancellationToken);
}
