namespace Byok.Relay.HybridConnections;

/// <summary>What a listener is doing.</summary>
public enum RelayListenerState
{
    /// <summary>Not started, or stopped.</summary>
    Stopped,

    /// <summary>Opening its control channel, or waiting to try again.</summary>
    Connecting,

    /// <summary>Connected; requests reach it.</summary>
    Online,

    /// <summary>Finishing the requests under way; new ones are answered 503.</summary>
    Draining,
}
