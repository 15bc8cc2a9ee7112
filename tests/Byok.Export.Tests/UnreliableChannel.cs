using System.Net;
using Byok.Core.Errors;
using Byok.Export.Messages;
using Byok.Http;

namespace Byok.Export.Tests;

/// <summary>Disturbs the first message of each path, then lets it through.</summary>
internal sealed class UnreliableChannel(AgentScene scene) : IAgentChannel
{
    private readonly HashSet<string> _disturbed = [];

    public ChannelFault Fault { get; set; }

    public int Faults => _disturbed.Count;

    public async Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken)
    {
        if (Fault == ChannelFault.None || !_disturbed.Add($"{request.Method} {request.Target}"))
        {
            return await scene.SendAsync(request, cancellationToken);
        }

        if (Fault == ChannelFault.AnswerOfSomethingOnTheWay)
        {
            return new BufferedResponse(HttpStatusCode.BadGateway, BufferedRequest.NoHeaders, "<html>Bad Gateway</html>"u8.ToArray());
        }

        if (Fault is ChannelFault.LostAfterTheAgent or ChannelFault.AgentKilledAfter)
        {
            await scene.SendAsync(request, cancellationToken);
        }

        if (Fault is ChannelFault.AgentKilledBefore or ChannelFault.AgentKilledAfter)
        {
            scene.Restart();
        }

        throw new ServiceUnavailableException($"Nothing was heard of {request.Target}.");
    }
}
