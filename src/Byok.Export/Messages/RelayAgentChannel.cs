using Byok.Http;
using Byok.Relay.HybridConnections;

namespace Byok.Export.Messages;

/// <summary>The agent at the far end of a hybrid connection: the one place where the contract and Azure Relay meet.</summary>
/// <param name="sender">The sender of the hybrid connection; not disposed of here.</param>
public sealed class RelayAgentChannel(RelayHttpSender sender) : IAgentChannel
{
    public Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken) => sender.SendAsync(request, cancellationToken);
}
