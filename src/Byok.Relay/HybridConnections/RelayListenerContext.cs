using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Byok.Relay.HybridConnections;

/// <summary>What the parts of one listener share.</summary>
/// <param name="Id">The listener's id, for tracing.</param>
/// <param name="Aborted">Cancelled when a stop has waited long enough.</param>
internal sealed record RelayListenerContext(
    string Id,
    RelayEndpoint Endpoint,
    RelayListenerOptions Options,
    IRelayTokenProvider Tokens,
    RelayConnector Connector,
    RequestGate Gate,
    TimeProvider TimeProvider,
    ILogger Logger,
    CancellationToken Aborted)
{
    private const int MaxDoublings = 20;

    /// <summary>
    /// The wait before an attempt, after so many failures (1 and more): the initial delay, doubled each time, up to the longest; of that a random
    /// half to whole, so that listeners which lost the same relay do not come back in one instant.
    /// </summary>
    public TimeSpan ReconnectDelay(int failures)
    {
        var doubled = Options.InitialReconnectDelay * Math.Pow(2, Math.Min(failures - 1, MaxDoublings));
        var delay = doubled < Options.MaxReconnectDelay ? doubled : Options.MaxReconnectDelay;
        return delay * (0.5 + (RandomNumberGenerator.GetInt32(1001) / 2000.0));
    }
}
