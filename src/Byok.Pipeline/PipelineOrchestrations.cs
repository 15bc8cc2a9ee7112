using Byok.Core.Orchestration;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;

namespace Byok.Pipeline;

/// <summary>The pipeline's orchestrations. They hold no services, so that they are the same in every process.</summary>
public static class PipelineOrchestrations
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<OrchestrationDescriptor> All { get; } =
    [
        OrchestrationDescriptor.For(() => new BringKeyOrchestration(), BringKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new EncryptBlobOrchestration(), EncryptBlobOrchestration.Name),
        OrchestrationDescriptor.For(() => new RotateKeyOrchestration(), RotateKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new RetireBranchOrchestration(), RetireBranchOrchestration.Name),
        OrchestrationDescriptor.For(() => new ReencryptBlobOrchestration(), ReencryptBlobOrchestration.Name),
        OrchestrationDescriptor.For(() => new RevokeKeyOrchestration(), RevokeKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new RestoreKeyOrchestration(), RestoreKeyOrchestration.Name),
        OrchestrationDescriptor.For(() => new AuditKeysOrchestration(), AuditKeysOrchestration.Name),
    ];
}
