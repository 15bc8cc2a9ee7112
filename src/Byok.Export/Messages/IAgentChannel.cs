using Byok.Core.Errors;
using Byok.Http;

namespace Byok.Export.Messages;

/// <summary>Carries requests to the agent.</summary>
public interface IAgentChannel
{
    /// <summary>Sends a request and returns the agent's own answer, whatever its status.</summary>
    /// <exception cref="ServiceUnavailableException">The agent was not reached or did not answer.</exception>
    Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken);
}
