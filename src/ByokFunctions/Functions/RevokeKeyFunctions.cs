using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.RevokeKey;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace ByokFunctions.Functions;

/// <summary>RevokeKey and its activities, by name.</summary>
public sealed class RevokeKeyFunctions(
    OrderRevocation orderRevocation, ProbeRevocation probeRevocation, RecordRevocation recordRevocation,
    UploadCanary uploadCanary, ReadCanary readCanary, RemoveCanary removeCanary)
{
    [Function(RevokeKeyOrchestration.Name)]
    public static Task<RevokeKeyResult> RevokeKeyAsync([OrchestrationTrigger] TaskOrchestrationContext context, RevokeKeyInput input) =>
        new RevokeKeyOrchestration().RunAsync(new DurableOrchestrationContext(context), input);

    [Function(OrderRevocation.Name)]
    public Task<RevocationOrder> OrderRevocationAsync([ActivityTrigger] OrderRevocationInput input, CancellationToken cancellationToken) =>
        orderRevocation.RunAsync(input, cancellationToken);

    [Function(ProbeRevocation.Name)]
    public Task<ProbeRevocationResult> ProbeRevocationAsync([ActivityTrigger] List<RevocationProbe> input, CancellationToken cancellationToken) =>
        probeRevocation.RunAsync(input, cancellationToken);

    [Function(RecordRevocation.Name)]
    public Task<bool> RecordRevocationAsync([ActivityTrigger] RecordRevocationInput input, CancellationToken cancellationToken) =>
        recordRevocation.RunAsync(input, cancellationToken);

    [Function(UploadCanary.Name)]
    public Task<EncryptBlobInput> UploadCanaryAsync([ActivityTrigger] string input, CancellationToken cancellationToken) =>
        uploadCanary.RunAsync(input, cancellationToken);

    [Function(ReadCanary.Name)]
    public Task<bool> ReadCanaryAsync([ActivityTrigger] string input, CancellationToken cancellationToken) =>
        readCanary.RunAsync(input, cancellationToken);

    [Function(RemoveCanary.Name)]
    public Task<bool> RemoveCanaryAsync([ActivityTrigger] string input, CancellationToken cancellationToken) =>
        removeCanary.RunAsync(input, cancellationToken);
}
