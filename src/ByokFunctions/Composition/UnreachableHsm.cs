using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace ByokFunctions.Composition;

/// <summary>The HSM side of an app that has no relay set: it protects blobs, and brings no keys.</summary>
internal sealed class UnreachableHsm : IHsm
{
    public Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken) => throw Refusal();

    public Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken) => throw Refusal();

    public Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken) => throw Refusal();

    public Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken) => throw Refusal();

    private static ConfigurationException Refusal() =>
        new("The app has no way to the HSM; set Byok__Relay__Namespace and Byok__Relay__Path.");
}
