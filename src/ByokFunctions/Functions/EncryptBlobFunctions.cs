using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Pipeline.EncryptBlob;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>EncryptBlob and its activities, by name.</summary>
public sealed class EncryptBlobFunctions(BeginEncryption beginEncryption, EncryptSegment encryptSegment, CommitBlob commitBlob, CompleteBlob completeBlob)
{
    [Function(EncryptBlobOrchestration.Name)]
    public static Task<EncryptBlobResult> EncryptBlobAsync([OrchestrationTrigger] TaskOrchestrationContext context, EncryptBlobInput input) =>
        new EncryptBlobOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(BeginEncryption.Name)]
    public Task<BeginEncryptionResult> BeginEncryptionAsync([ActivityTrigger] BeginEncryptionInput input, CancellationToken cancellationToken) =>
        beginEncryption.RunAsync(input, cancellationToken);

    [Function(EncryptSegment.Name)]
    public Task<SegmentResult> EncryptSegmentAsync([ActivityTrigger] EncryptSegmentInput input, CancellationToken cancellationToken) =>
        encryptSegment.RunAsync(input, cancellationToken);

    [Function(CommitBlob.Name)]
    public Task<BlobState> CommitBlobAsync([ActivityTrigger] CommitBlobInput input, CancellationToken cancellationToken) =>
        commitBlob.RunAsync(input, cancellationToken);

    [Function(CompleteBlob.Name)]
    public Task<EncryptBlobResult> CompleteBlobAsync([ActivityTrigger] CompleteBlobInput input, CancellationToken cancellationToken) =>
        completeBlob.RunAsync(input, cancellationToken);
}
