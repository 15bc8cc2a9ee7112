using Byok.Client.Keys;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>
/// Makes the protected blob visible, with the upload's content headers, metadata, tags and tier, under the key version that is current by now:
/// a large blob takes its time, and a rotation that has looked for old versions already would not find this one.
/// </summary>
public sealed class CommitBlob(StorageAccount storage, ProtectedBlobWriter writer, DekCache deks) : Activity<CommitBlobInput, BlobState>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "CommitBlob";

    /// <inheritdoc/>
    /// <returns>What was committed.</returns>
    /// <exception cref="SourceChangedException">The upload was overwritten or deleted meanwhile.</exception>
    /// <exception cref="ConcurrentWriteException">The target was written by somebody else meanwhile.</exception>
    /// <exception cref="KeyUnavailableException">The key was revoked meanwhile; nothing is to be seen of the blob, and the upload stays.</exception>
    public override async Task<BlobState> RunAsync(CommitBlobInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (sourceETag, plan) = input.Plan;
        var properties = await EncryptionPlanner.ReadSourceAsync(storage, plan.BlobName, sourceETag, cancellationToken).ConfigureAwait(false);
        using var dek = await deks.GetAsync(plan.KeyId, plan.WrappedDek, cancellationToken).ConfigureAwait(false);
        plan = await writer.UnderCurrentKeyAsync(plan, dek, cancellationToken).ConfigureAwait(false);
        var source = EncryptionPlanner.TraitsOf(storage, plan.BlobName, properties);
        return await writer.CommitAsync(plan, input.Segments, dek, source, cancellationToken).ConfigureAwait(false);
    }
}
