using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>An HSM whose calls fail as those over the relay do.</summary>
internal sealed class FaultyHsm(IHsm hsm, FaultyCalls calls) : IHsm
{
    public Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken) => calls.RunAsync("describe", () => hsm.DescribeAsync(cancellationToken));

    public Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken) =>
        calls.RunAsync("list", () => hsm.ListMasterKeysAsync(cancellationToken));

    public Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken) =>
        calls.RunAsync("generate", () => hsm.GenerateMasterKeyAsync(label, sizeInBits, cancellationToken));

    public Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken) =>
        calls.RunAsync("export", () => hsm.ExportMasterKeyAsync(request, cancellationToken));
}
