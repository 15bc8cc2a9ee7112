using Byok.Core.Errors;
using Byok.Http;

namespace Byok.Relay.HybridConnections;

/// <summary>Limits and times of a listener.</summary>
public sealed record RelayListenerOptions
{
    /// <summary>Requests handled at the same time; 8 by default.</summary>
    public int MaxConcurrentRequests { get; init; } = 8;

    /// <summary>Requests that wait for their turn; those beyond are answered 503 at once. 64 by default.</summary>
    public int MaxWaitingRequests { get; init; } = 64;

    /// <summary>Longest request body, in bytes; longer ones are answered 413. 1 MiB by default.</summary>
    public int MaxRequestBodyInBytes { get; init; } = 1024 * 1024;

    /// <summary>How long a connection to the relay may take to open; 30 seconds by default.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often the control channel is pinged, and how long an answer may take before the channel counts as lost; 30 seconds by default.
    /// The service drops channels that are silent for about four minutes.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before the first new attempt after a lost connection; doubles with each failure. One second by default.</summary>
    public TimeSpan InitialReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two attempts; one minute by default.</summary>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a stop waits for requests under way; 30 seconds by default.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a rendezvous socket stays open for the sender's next request; two minutes by default.</summary>
    public TimeSpan RendezvousIdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Makes the handler that connections go through, for a pinned certificate; by default <see cref="HttpTransport"/>'s.</summary>
    public Func<HttpMessageHandler>? CreateTransport { get; init; }

    /// <summary>Throws when a setting cannot work.</summary>
    internal void Validate()
    {
        Require(MaxConcurrentRequests >= 1, nameof(MaxConcurrentRequests), "at least 1");
        Require(MaxWaitingRequests >= 0, nameof(MaxWaitingRequests), "0 or more");
        Require(MaxRequestBodyInBytes is >= 0 and <= 1 << 30, nameof(MaxRequestBodyInBytes), "between 0 and 1 GiB");
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), "positive");
        Require(KeepAliveInterval > TimeSpan.Zero, nameof(KeepAliveInterval), "positive");
        Require(InitialReconnectDelay > TimeSpan.Zero, nameof(InitialReconnectDelay), "positive");
        Require(MaxReconnectDelay >= InitialReconnectDelay, nameof(MaxReconnectDelay), "no shorter than the initial delay");
        Require(DrainTimeout >= TimeSpan.Zero, nameof(DrainTimeout), "0 or more");
        Require(RendezvousIdleTimeout > TimeSpan.Zero, nameof(RendezvousIdleTimeout), "positive");
    }

    private static void Require(bool holds, string setting, string demand)
    {
        if (!holds)
        {
            throw new ConfigurationException($"The relay listener's setting '{setting}' is wrong; it should be {demand}.");
        }
    }
}
