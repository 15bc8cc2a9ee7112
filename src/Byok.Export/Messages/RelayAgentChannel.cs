using System.Net;
using Byok.Relay.HybridConnections;

namespace Byok.Export.Messages;

/// <summary>Carries requests to the agent through a hybrid connection, and at the agent's end out of it.</summary>
/// <param name="sender">The sender of the hybrid connection; not disposed of here.</param>
public sealed class RelayAgentChannel(RelayHttpSender sender) : IAgentChannel
{
    private const string ContentType = "Content-Type";

    /// <inheritdoc/>
    public async Task<AgentResponse> SendAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var headers = request.Body.IsEmpty ? RelayRequest.NoHeaders : Headers(ExportContract.JsonMediaType);
        var response = await sender.SendAsync(new RelayRequest(request.Method, request.Path, headers, request.Body), cancellationToken).ConfigureAwait(false);
        return new AgentResponse((int)response.StatusCode, response.Headers.GetValueOrDefault(ContentType, string.Empty), response.Body);
    }

    /// <summary>The handler for a <see cref="HybridConnectionListener"/> that lets an agent answer.</summary>
    public static Func<RelayRequest, CancellationToken, Task<RelayResponse>> HandlerOf(ExportAgent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return async (request, cancellationToken) =>
        {
            var response = await agent.HandleAsync(new AgentRequest(request.Method, request.Target, request.Body), cancellationToken).ConfigureAwait(false);
            return new RelayResponse((HttpStatusCode)response.Status, Headers(response.ContentType), response.Body);
        };
    }

    private static Dictionary<string, string> Headers(string contentType) => new(StringComparer.OrdinalIgnoreCase) { [ContentType] = contentType };
}
