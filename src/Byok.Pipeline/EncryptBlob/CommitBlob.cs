using Byok.Client.Records;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>Makes the protected blob of an upload visible.</summary>
public sealed class CommitBlob(UploadEncryptor encryptor) : Activity<CommitBlobInput, BlobState>
{
    public const string Name = "CommitBlob";

    /// <inheritdoc/>
    /// <returns>What was committed.</returns>
    public override Task<BlobState> RunAsync(CommitBlobInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        return encryptor.CommitAsync(input.Plan, input.Segments, cancellationToken);
    }
}
